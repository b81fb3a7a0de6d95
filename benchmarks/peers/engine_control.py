"""The control of the engine's process by the process that drives it.

Owns: its start, the requests as lines of JSON, and its end. engine_process.py carries out the requests.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

LINE_MAX_BYTES = 1 << 20


class EngineControl:
    """A running engine process, and the pipe to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lock = asyncio.Lock()
        self.greeting: dict[str, Any] = {}
        self.echo_port = 0

    @classmethod
    async def start(cls, core: int, start_kbps: int, profile: bool) -> EngineControl:
        """Start the engine's process on `core`."""
        arguments = [
            "--core",
            str(core),
            "--start-kbps",
            str(start_kbps),
            *(["--profile"] if profile else []),
        ]
        return await cls.start_program("benchmarks.peers.engine_process", *arguments)

    @classmethod
    async def start_program(cls, module: str, *arguments: str) -> EngineControl:
        """Start a process that answers like the engine's."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_MAX_BYTES,
        )
        control = cls(process)
        control.greeting = await control._reply()
        control.echo_port = control.greeting["echo_port"]
        return control

    async def ask(self, do: str, **values: Any) -> dict[str, Any]:
        """Send one request and wait for its answer. Raises ConnectionError when the engine has ended."""
        async with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps({"do": do, **values}).encode() + b"\n")
            await self._process.stdin.drain()
            return await self._reply()

    async def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise ConnectionError("the engine's process has ended")
        reply: dict[str, Any] = json.loads(line)
        return reply

    async def close(self) -> None:
        """Ask the engine to close, and wait until its process has ended."""
        await self.ask("close")
        await self._process.wait()
