"""Background tasks: work that nobody waits for, periodic work, and work that must finish before the server ends.

Owns: every task of the consultations, and the logging of their failures. Must never know what the work is.
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
        """Run the work; `stop` cancels it."""
        self._run(work, self._tasks)

    def keep(self, work: Work) -> None:
        """Run the work; `stop` waits for it."""
        self._run(work, self._keeping)

    def repeat(self, every_s: float, work: Callable[[], Awaitable[None]]) -> None:
        """Run the work every ``every_s`` seconds until `stop`; the first run is after ``every_s`` seconds."""
        self.spawn(_for_ever(every_s, work))

    async def stop(self) -> None:
        """Wait for the work of `keep`, and cancel all other work."""
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
            # A failed run must not end the periodic work.
            log.error("periodic_work_failed", **where(error))
