"""The handle through which the lab controls the emulator's process (tun.py).

Owns: the start and the end of that process. Must never leave it behind: its standard input closes when this process
ends, and the emulator then removes everything it made.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from benchmarks.lab.emulator.schedule import Schedule

# The emulator sets up in about 0.1 s; after a minute it hangs.
ANSWER_TIMEOUT_S = 60.0


class EmulatorFailed(RuntimeError):
    """The emulator did not start or has ended; the text is what it printed."""


class Emulator:
    """An emulated link, as an asynchronous context manager.

    ``near`` and ``far`` are the names of its two network namespaces.
    """

    def __init__(self, schedule: Schedule, seed: int = 1) -> None:
        self.near = ""
        self.far = ""
        self._schedule = schedule
        self._seed = seed
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        document = {
            "base": asdict(self._schedule.base),
            "changes": [asdict(change) for change in self._schedule.changes],
        }
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.lab.emulator.tun", json.dumps(document), str(self._seed)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches only this process, which then ends the emulator
        )
        try:
            names = await self._read()
        except BaseException:  # cancellation too: nobody else waits for the emulator to clean up
            await self._end()
            raise
        self.near, self.far = names["near"], names["far"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    @property
    def pid(self) -> int:
        """The process id of the emulator."""
        return self._running().pid

    async def open(self) -> None:
        """Stop shaping."""
        await self._tell("open")

    async def shape(self) -> None:
        """Apply the base conditions of the schedule."""
        await self._tell("shape")

    async def mark(self) -> None:
        """Start the measured window and the schedule's clock."""
        await self._tell("mark")

    async def stats(self) -> dict[str, Any]:
        """Counters since the mark: ``down``, ``up`` (see `Tally.summary`) and the emulator's own cost."""
        return await self._tell("stats")

    async def _tell(self, command: str) -> dict[str, Any]:
        process = self._running()
        assert process.stdin is not None
        process.stdin.write(f"{command}\n".encode())
        await process.stdin.drain()
        return await self._read()

    async def _read(self) -> dict[str, Any]:
        process = self._running()
        assert process.stdout is not None
        assert process.stderr is not None
        line = await asyncio.wait_for(process.stdout.readline(), ANSWER_TIMEOUT_S)
        if not line:
            raise EmulatorFailed((await process.stderr.read()).decode(errors="replace").strip())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise EmulatorFailed(answer["error"])
        return answer

    async def _end(self) -> None:
        """Make the emulator clean up, and wait until its process has ended."""
        process = self._running()
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), ANSWER_TIMEOUT_S)

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise EmulatorFailed("the emulator was not started")
        return self._process
