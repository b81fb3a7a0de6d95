"""Python's garbage collection, so that it does not hold up a call.

Owns: when young objects are collected, when objects that live long are taken out of the collector's rounds, and
when all objects are looked through. A whole round over two hundred legs takes 0.1 s and more, in which no voice
packet is forwarded. Must never run twice in a process, since the collector is the process' own, nor where somebody
else counts on collecting at will.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

# An object that was made since the last time and is still there will most likely stay. To look through the two
# young generations takes little time.
SET_ASIDE_EVERY_S = 5.0
YOUNG = 1
# The collector counts births less deaths. Where a new packet in a cache replaces an old one the count hardly grows,
# so that the collector looks through 30,000 new objects at once. In a tenth of a second two hundred legs keep
# 2,000: 0.5 ms instead of 9.
NEW_EVERY_S = 0.1
NEW = 0
# Legs that have ended are circles of objects that only a whole round finds: a few hundred kB each.
WHOLE_EVERY_S = 60.0
# Where there is always a call, one of 0.1 s an hour.
WHOLE_AT_LAST_S = 3_600.0


class Garbage:
    """Call `tend` every few seconds, and while there are ``calls`` each ``NEW_EVERY_S``."""

    def __init__(self, now_s: float) -> None:
        self._whole_s = now_s
        self._set_aside_s = now_s

    def tend(self, now_s: float, *, calls: bool) -> None:
        """Collect what is new; every few seconds set aside what has lived on; at long intervals collect all."""
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
    """Until cancelled; ``calls``: whether anybody is in one. Afterwards nothing is set aside any more."""
    loop = asyncio.get_running_loop()
    garbage = Garbage(loop.time())
    try:
        while True:
            await asyncio.sleep(NEW_EVERY_S if calls() else SET_ASIDE_EVERY_S)
            garbage.tend(loop.time(), calls=calls())
    finally:
        gc.unfreeze()
