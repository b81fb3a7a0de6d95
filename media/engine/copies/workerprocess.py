"""The relay's side of one worker process that makes lower copies.

Owns: the process (restarted after a crash, killed when it hangs), the bounded pipe to it and the pipe from it. Must
never block the event loop, or let the end of a process affect a call.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import deque
from pathlib import Path

import structlog

from media.core.share import (
    Done,
    Kind,
    Message,
    MessageError,
    MessageReader,
    Open,
    Simple,
    SourceFrame,
    encode,
)
from media.engine.copies.confinement import NOT_CONFINED, hide_memory
from media.engine.copies.downscaler import Downscaler

log = structlog.get_logger(__name__)

MODULE = "media.engine.copies.worker"
ROOT = Path(__file__).resolve().parents[3]
READ_BYTES = 1 << 16
# The slowest regular frame takes 50 ms; the rest is for a machine that swaps.
HANG_MS = 3_000.0
# A start takes half a second (the libraries); a worker must answer within this time.
START_MS = 15_000.0
FIRST_BACK_OFF_MS = 250.0
LAST_BACK_OFF_MS = 30_000.0
# A worker that has run this long is not broken by its start.
PROVEN_MS = 10_000.0
# Each copy has a few frames of at most 0.8 MB in the pipe; a larger backlog means a fault.
PIPE_MAX_BYTES = 32 << 20


class WorkerProcess:
    """One process and its copies; a new process replaces one that ended."""

    def __init__(self) -> None:
        self.copies: dict[int, Downscaler] = {}
        self.restarts = 0
        self.process: asyncio.subprocess.Process | None = None
        self._task = asyncio.create_task(self._live(), name="downscaler worker")
        # Frames without an answer: the time of sending, and the copy.
        self._waiting: deque[tuple[float, Downscaler]] = deque()
        self._answered = False

    @property
    def ready(self) -> bool:
        """Whether the process runs and takes frames."""
        return self._answered and self.process is not None and self.process.returncode is None

    def open_copy(self, copy: Downscaler) -> None:
        """Add a copy to this worker."""
        self.copies[copy.copy_id] = copy
        self.send(Open(copy.copy_id, copy.codec, copy.target))
        if self.ready:
            copy.worker_came()

    def close_copy(self, copy_id: int) -> None:
        """Remove a copy from this worker."""
        if self.copies.pop(copy_id, None) is not None:
            self.send(Simple(Kind.CLOSE, copy_id))

    def send(self, message: Message) -> None:
        """Send without waiting; the message is dropped while there is no process."""
        process = self.process
        if process is None or process.returncode is not None or process.stdin is None:
            return
        if process.stdin.is_closing():
            return
        if isinstance(message, SourceFrame):
            self._waiting.append((_now_ms(), self.copies[message.copy_id]))
        # No drain is needed, because each copy has at most a few frames in the pipe.
        process.stdin.write(encode(message))
        if process.stdin.transport.get_write_buffer_size() > PIPE_MAX_BYTES:
            _kill(process)

    async def stop(self) -> None:
        """End the process for good."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _live(self) -> None:
        back_off_ms = FIRST_BACK_OFF_MS
        while True:
            started_ms = _now_ms()
            try:
                await self._run_once()
            except OSError as error:
                log.error("downscaler worker cannot be started", error=error.strerror)
            if _now_ms() - started_ms > PROVEN_MS:
                back_off_ms = FIRST_BACK_OFF_MS
            self._blame()
            log.warning("downscaler worker ended", copies=len(self.copies), again_in_ms=back_off_ms)
            self.restarts += 1
            await asyncio.sleep(back_off_ms / 1000)
            back_off_ms = min(LAST_BACK_OFF_MS, 2 * back_off_ms)

    def _blame(self) -> None:
        """Count the crash against the copy whose frame was being decoded when the process ended."""
        if not self._waiting:
            return
        suspect = self._waiting[0][1]
        suspect.crashes += 1
        if suspect.broken and self.copies.pop(suspect.copy_id, None) is not None:
            log.warning("a source brings downscaler workers down and is left alone")

    async def _run_once(self) -> None:
        # Whoever breaks a decoder must not read keys and patients' words out of the relay.
        hide_memory()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            MODULE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
            env=_environment(),
        )
        watchdog = asyncio.create_task(self._watch(process), name="downscaler watchdog")
        try:
            self._waiting.clear()  # frames of the previous process
            self.process = process
            for copy in self.copies.values():
                self.send(Open(copy.copy_id, copy.codec, copy.target))
            await self._read(process)
        finally:
            watchdog.cancel()
            self.process = None
            self._answered = False
            _kill(process)
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()
            if process.returncode == NOT_CONFINED:
                log.error(
                    "downscaler worker cannot be confined and decodes nothing; is libseccomp2 installed?"
                )

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        reader = MessageReader()
        while data := await process.stdout.read(READ_BYTES):
            try:
                messages = reader.feed(data)
            except MessageError:
                log.error("downscaler worker talks nonsense")
                return
            for message in messages:
                self._heard(message)

    def _heard(self, message: Message) -> None:
        if message == Simple(Kind.READY, 0):
            self._answered = True
            for copy in self.copies.values():
                copy.worker_came()
            return
        if isinstance(message, Done) and self._waiting:
            self._waiting.popleft()
        known = self.copies.get(message.copy_id)
        if known is not None:
            known.heard(message)

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Kill the process if a frame takes too long."""
        started_ms = _now_ms()
        while True:
            await asyncio.sleep(HANG_MS / 4000)
            if self._answered:
                hangs = bool(self._waiting) and _now_ms() - self._waiting[0][0] > HANG_MS
            else:
                hangs = _now_ms() - started_ms > START_MS
            if hangs:
                log.warning("downscaler worker hangs")
                _kill(process)
                return


def _now_ms() -> float:
    return time.monotonic() * 1000


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        try:
            process.kill()
        except ProcessLookupError:
            return  # it has just ended by itself


def _environment() -> dict[str, str]:
    """The environment of a worker: without our variables, which may hold secrets, and one thread per library."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
