"""The relay's side of the worker processes that make lower copies.

Owns: the processes (started when a copy needs one, ended when none does, restarted after a crash, killed when they
hang), the bounded way in and the way back. Must never decode anything itself, block the loop, or let a worker's
end touch a call: while a worker is away its copies are silent, and they ask for a keyframe when it is back.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from media.core.rtp import Codec
from media.core.share import (
    Done,
    Kind,
    Message,
    MessageError,
    MessageReader,
    Open,
    Picture,
    Retarget,
    Simple,
    SourceFrame,
    Target,
    encode,
)

log = structlog.get_logger(__name__)

MODULE = "media.engine.copies.worker"
ROOT = Path(__file__).resolve().parents[3]
READ_BYTES = 1 << 16
# Half a second at 15 frames a second: more would only come out late.
IN_FLIGHT_MAX = 8
# What one worker carries at most: a copy of 640x480 at 15 frames costs a core 2 to 5 %, one of 1080p 20 %.
COPIES_PER_WORKER = 4
# The slowest honest frame takes 50 ms; this leaves room for a machine that swaps.
HANG_MS = 3_000.0
# Starting takes half a second (the libraries); until the first answer a worker has this long.
START_MS = 15_000.0
FIRST_BACK_OFF_MS = 250.0
LAST_BACK_OFF_MS = 30_000.0
# Each copy has a few frames of at most 0.8 MB on their way; more than this is not frames any more.
PIPE_MAX_BYTES = 32 << 20
# A source whose frames were being worked on at so many crashes is no accident: it is left alone.
CRASHES_MAX = 3
# A worker that has run this long was not broken from the start.
PROVEN_MS = 10_000.0


@dataclass(frozen=True, slots=True)
class Outputs:
    """Whom a copy tells: of each finished picture, and that its source must send a keyframe."""

    picture: Callable[[Picture], None]
    keyframe_wanted: Callable[[], None]


class Downscaler:
    """One copy, as the loop sees it. Made by `DownscalerPool.open`."""

    def __init__(self, worker: _Worker, copy_id: int, codec: Codec, target: Target, outputs: Outputs) -> None:
        self.copy_id = copy_id
        self.codec = codec
        self.target = target
        self.outputs = outputs
        self.dropped_frames = 0
        self.frames = 0
        self.spent_us = 0
        self.in_flight = 0
        self.needs_keyframe = True
        self.crashes = 0
        self._worker = worker

    @property
    def running(self) -> bool:
        """Whether its worker is there and takes frames."""
        return self._worker.ready

    @property
    def broken(self) -> bool:
        """Whether this source brings workers down: nothing more will come of it."""
        return self.crashes >= CRASHES_MAX

    def feed(self, timestamp: int, keyframe: bool, data: bytes) -> None:
        """One whole frame of the source; dropped while the worker is away or behind."""
        if not self._worker.ready or self.broken:
            self.dropped_frames += 1  # when it is there, it asks for a keyframe
        elif self.in_flight >= IN_FLIGHT_MAX or (self.needs_keyframe and not keyframe):
            self.dropped_frames += 1
            self.needs_keyframe = True
            self.outputs.keyframe_wanted()
        else:
            self.needs_keyframe = False
            self.in_flight += 1
            self._worker.send(SourceFrame(self.copy_id, timestamp, keyframe, data))

    def set_target(self, target: Target) -> None:
        """Another size, frame rate or bitrate."""
        if target != self.target:
            self.target = target
            self._worker.send(Retarget(self.copy_id, target))

    def want_keyframe(self) -> None:
        """The copy's next frame shall need no other."""
        self._worker.send(Simple(Kind.KEYFRAME, self.copy_id))

    def close(self) -> None:
        """No more pictures."""
        self._worker.close_copy(self)

    def worker_came(self) -> None:
        """A fresh worker knows this copy again, but nothing of its past."""
        self.in_flight = 0
        self.needs_keyframe = True
        self.outputs.keyframe_wanted()

    def heard(self, message: Message) -> None:
        """The worker says something about this copy."""
        match message:
            case Picture():
                self.outputs.picture(message)
            case Done(_, spent_us):
                self.in_flight = max(0, self.in_flight - 1)
                self.frames += 1
                self.spent_us += spent_us
            case Simple(Kind.WANT_KEYFRAME):
                self.needs_keyframe = True
                self.outputs.keyframe_wanted()
            case _:
                pass


class _Worker:
    """One process and its copies; a new process takes the place of one that ended."""

    def __init__(self) -> None:
        self.copies: dict[int, Downscaler] = {}
        self.restarts = 0
        self.process: asyncio.subprocess.Process | None = None
        self._task = asyncio.create_task(self._live(), name="downscaler worker")
        self._waiting: deque[tuple[float, Downscaler]] = (
            deque()
        )  # unanswered frames: when sent, of which copy
        self._answered = False

    @property
    def ready(self) -> bool:
        return self._answered and self.process is not None and self.process.returncode is None

    def open_copy(self, copy: Downscaler) -> None:
        self.copies[copy.copy_id] = copy
        self.send(Open(copy.copy_id, copy.codec, copy.target))
        if self.ready:
            copy.worker_came()

    def close_copy(self, copy: Downscaler) -> None:
        if self.copies.pop(copy.copy_id, None) is not None:
            self.send(Simple(Kind.CLOSE, copy.copy_id))

    def send(self, message: Message) -> None:
        process = self.process
        if process is None or process.returncode is not None or process.stdin is None:
            return
        if process.stdin.is_closing():
            return
        if isinstance(message, SourceFrame):
            self._waiting.append((_now_ms(), self.copies[message.copy_id]))
        # Nobody waits for the pipe: each copy has a few frames in flight at most.
        process.stdin.write(encode(message))
        if process.stdin.transport.get_write_buffer_size() > PIPE_MAX_BYTES:
            _kill(process)

    async def stop(self) -> None:
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
        """The frame that was being worked on when the process ended is the suspect."""
        if not self._waiting:
            return
        suspect = self._waiting[0][1]
        suspect.crashes += 1
        if suspect.broken and self.copies.pop(suspect.copy_id, None) is not None:
            log.warning("a source brings downscaler workers down and is left alone")

    async def _run_once(self) -> None:
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
            self._waiting.clear()  # of the process before
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
        """Kill the process when a frame has been with it for too long."""
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


class DownscalerPool:
    """The workers. All calls belong on one event loop."""

    def __init__(self, workers_max: int | None = None) -> None:
        """`workers_max`: at most so many processes; by default one core is left to the relay."""
        self._workers_max = workers_max or max(1, (os.cpu_count() or 1) - 1)
        self._workers: list[_Worker] = []
        self._next_id = 0
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def pids(self) -> list[int]:
        """The processes that run now."""
        return [worker.process.pid for worker in self._workers if worker.ready and worker.process is not None]

    @property
    def restarts(self) -> int:
        """How often a present worker had to be started again."""
        return sum(worker.restarts for worker in self._workers)

    @property
    def has_room(self) -> bool:
        """Whether one more copy would find a worker."""
        carried = sum(len(worker.copies) for worker in self._workers)
        return carried < self._workers_max * COPIES_PER_WORKER

    def open(self, codec: Codec, target: Target, outputs: Outputs) -> Downscaler | None:
        """A copy of a source in `codec`; None when every worker carries as much as it can."""
        worker = self._worker_for_one_more()
        if worker is None:
            return None
        self._next_id += 1
        copy = Downscaler(worker, self._next_id & 0xFFFF_FFFF, codec, target, outputs)
        worker.open_copy(copy)
        return copy

    def tidy(self) -> None:
        """End the workers that have nothing to do."""
        for worker in [one for one in self._workers if not one.copies]:
            self._workers.remove(worker)
            task = asyncio.create_task(worker.stop())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """End every worker."""
        workers, self._workers = self._workers, []
        await asyncio.gather(*(worker.stop() for worker in workers), *self._ending)

    def _worker_for_one_more(self) -> _Worker | None:
        least = min(self._workers, key=lambda worker: len(worker.copies), default=None)
        if least is not None and not least.copies:
            return least
        if len(self._workers) < self._workers_max:
            self._workers.append(_Worker())
            return self._workers[-1]
        if least is not None and len(least.copies) < COPIES_PER_WORKER:
            return least
        return None


def _now_ms() -> float:
    return time.monotonic() * 1000


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        try:
            process.kill()
        except ProcessLookupError:
            return  # it has just ended by itself


def _environment() -> dict[str, str]:
    """Nothing of ours (settings and secrets may stand there), and no thread of the numeric libraries."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


__all__ = ["Downscaler", "DownscalerPool", "Outputs", "Target"]
