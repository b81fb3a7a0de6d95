"""Schedules Python's garbage collection so that it does not delay calls.

Owns: when young objects are collected, when long-lived objects are excluded from collection (frozen), and when all
objects are examined. A full collection over two hundred legs takes at least 0.1 s, in which no voice packet is
forwarded. Must never run twice in a process, which has only one collector, nor in a process whose other code relies
on automatic collection.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

# An object that survives this long will most likely stay. Examining the two young generations takes little time.
SET_ASIDE_EVERY_S = 5.0
YOUNG = 1
# The collector counts new objects minus deleted ones. If a new packet replaces an old one in a cache, the count
# hardly grows, and the collector then examines 30,000 new objects at once. In a tenth of a second two hundred
# legs keep 2,000 new objects: 0.5 ms instead of 9.
NEW_EVERY_S = 0.1
NEW = 0
# Closed legs are cycles of objects, a few hundred kB each, which only a full collection finds.
WHOLE_EVERY_S = 60.0
# If there is always a call, one full collection of 0.1 s an hour.
WHOLE_AT_LAST_S = 3_600.0


class Garbage:
    """The schedule. Call `tend` every few seconds, and every ``NEW_EVERY_S`` while there are ``calls``."""

    def __init__(self, now_s: float) -> None:
        self._whole_s = now_s
        self._set_aside_s = now_s

    def tend(self, now_s: float, *, calls: bool) -> None:
        """Collect new objects; every few seconds exclude surviving ones; at long intervals collect all."""
        if now_s - self._set_aside_s < SET_ASIDE_EVERY_S:
            gc.collect(NEW)
            return
        self._set_aside_s = now_s
        if now_s - self._whole_s >= (WHOLE_AT_LAST_S if calls else WHOLE_EVERY_S):
            self._whole_s = now_s
            gc.unfreeze()
            gc.collect()
        else:
            gc.collect(YOUNG)
        gc.freeze()


async def spare_calls(calls: Callable[[], bool]) -> None:
    """Run the schedule until cancelled, then include all objects again; ``calls``: whether anybody is in a call."""
    loop = asyncio.get_running_loop()
    garbage = Garbage(loop.time())
    try:
        while True:
            await asyncio.sleep(NEW_EVERY_S if calls() else SET_ASIDE_EVERY_S)
            garbage.tend(loop.time(), calls=calls())
    finally:
        gc.unfreeze()
