"""Backups at the interval of ``backup_every_s``, each in a process of its own: calls do not notice.

Owns: when the next one is due, by the newest that is there, and its process. Must never end with the failure of
one: it is logged, counted, and tried again.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog
from aiohttp import web
from prometheus_client import Counter, Gauge

from server.backup.backups import newest
from server.platform.settings.config import Settings

log = structlog.get_logger(__name__)

NEWEST = Gauge(
    "keneya_backup_newest_timestamp_seconds", "When the newest backup was made that came back whole"
)
FAILED = Counter("keneya_backups_failed", "Backups that failed")
# A disk that is full or away is mended by somebody within minutes at best.
AGAIN_S = 600.0
# Beside a server that serves, a backup takes what is left (nice 10).
NICENESS = 10


def command_for(config: Path | None) -> list[str]:
    """The command that makes one, with the settings of this process."""
    return [sys.executable, "-m", "server", "backup", *(["--config", str(config)] if config else [])]


def add_backups(app: web.Application, settings: Settings, command: Sequence[str]) -> None:
    """Make backups for as long as the application runs, if the settings say so."""

    async def running(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(keep_backing_up(settings, command), name="make backups")
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    if settings.backup_every_s:
        app.cleanup_ctx.append(running)


async def keep_backing_up(
    settings: Settings, command: Sequence[str], clock: Callable[[], float] = time.time
) -> None:
    """Make backups for ever."""
    assert settings.backup_dir is not None
    while True:
        last = await asyncio.to_thread(newest, settings.backup_dir)
        NEWEST.set(last or 0.0)
        due_s = last + settings.backup_every_s - clock() if last is not None else 0.0
        if due_s > 0:
            # A clock that was set back must not put the next one off for long.
            await asyncio.sleep(min(due_s, settings.backup_every_s))
            continue
        if not await _made(command):
            FAILED.inc()
            await asyncio.sleep(AGAIN_S)


async def _made(command: Sequence[str]) -> bool:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
    )
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if code:
        log.error("backup_failed", code=code)
    return code == 0
