"""The link as the rest of the lab sees it: a handle on the process of tun.py.

Owns: that process' life. Must never outlive it, nor leave it behind: its standard input ends with us,
however we end, and that makes it tear everything down.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from benchmarks.lab.emulator.schedule import Schedule

# Setting up takes about a tenth of a second; a minute means that something hangs.
ANSWER_TIMEOUT_S = 60.0


class EmulatorFailed(RuntimeError):
    """The emulator did not start or has ended; the text is what it said."""


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
            start_new_session=True,  # Ctrl-C is for us; the emulator ends when we let go of it
        )
        try:
            names = await self._read()
        except BaseException:  # cancelled, too: nobody else would wait for it to tear down
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
        """No shaping from now on."""
        await self._tell("open")

    async def shape(self) -> None:
        """The base conditions of the schedule hold from now on."""
        await self._tell("shape")

    async def mark(self) -> None:
        """The measured window, and the schedule's clock, begin now."""
        await self._tell("mark")

    async def stats(self) -> dict[str, Any]:
        """What passed since the mark: ``down``, ``up`` (see `Tally.summary`) and the emulator's own cost."""
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
        """Let it tear down and wait until it has."""
        process = self._running()
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), ANSWER_TIMEOUT_S)

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise EmulatorFailed("the emulator was not started")
        return self._process
