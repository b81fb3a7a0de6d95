"""Work in the background: what nobody waits for, what comes again and again, and what the end must wait for.

Owns: every task of the consultations, and that none fails unheard. Must never know what the work is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from server.platform.faults import where

log = structlog.get_logger(__name__)

Work = Coroutine[Any, Any, None]


class Background:
    """Tasks of one event loop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeping: set[asyncio.Task[None]] = set()

    def spawn(self, work: Work) -> None:
        """Run it; the end cuts it short."""
        self._run(work, self._tasks)

    def keep(self, work: Work) -> None:
        """Run it; the end waits for it."""
        self._run(work, self._keeping)

    def repeat(self, every_s: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do it each ``every_s`` seconds until the end, beginning after the first of them."""
        self.spawn(_for_ever(every_s, work))

    async def stop(self) -> None:
        """What is being kept is finished, everything else is cut short."""
        await asyncio.gather(*self._keeping, return_exceptions=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _run(self, work: Work, among: set[asyncio.Task[None]]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        among.add(task)
        task.add_done_callback(among.discard)
        task.add_done_callback(_say_if_failed)


def _say_if_failed(task: asyncio.Task[None]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        error = task.exception()
        if error is not None:
            log.error("background_failed", **where(error))


async def _for_ever(every_s: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            await work()
        except Exception as error:
            # One that fails must not be the last.
            log.error("periodic_work_failed", **where(error))
