"""A server process under test, started in a network namespace.

Owns: its start, its output and its end. Must never leave it behind: it ends with the context, and with our own
process, however that ends (prctl(2) PR_SET_PDEATHSIG, through setpriv of util-linux).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

STARTUP_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
# Enough for a traceback or a welcome text; older lines of a long log are dropped.
KEPT_LINES = 200


class ProcessFailed(RuntimeError):
    """The process ended or did not print the expected line; the text has its last lines."""


class RunningProcess:
    """A process whose output is always read, so that it never blocks on a full pipe."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._new_output = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def lines(self) -> list[str]:
        """Its last lines of output."""
        return list(self._lines)

    async def wait_for_line(self, wanted: str) -> str:
        """Wait for a line of output that contains ``wanted``; returns the line. Raises ProcessFailed."""
        try:
            async with asyncio.timeout(STARTUP_TIMEOUT_S):
                while True:
                    for line in self._lines:
                        if wanted in line:
                            return line
                    if self._reading.done():
                        raise ProcessFailed("it ended: " + " | ".join(self._lines))
                    self._new_output.clear()
                    await self._new_output.wait()
        except TimeoutError:
            raise ProcessFailed(f"it never said '{wanted}': " + " | ".join(self._lines)) from None

    async def end(self) -> None:
        """Terminate the process, and kill it after STOP_TIMEOUT_S."""
        if self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOP_TIMEOUT_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._lines.append(line.decode(errors="replace").rstrip())
            self._new_output.set()
        self._new_output.set()


@asynccontextmanager
async def running(
    command: Sequence[str], *, namespace: str | None, environment: dict[str, str] | None = None
) -> AsyncIterator[RunningProcess]:
    """Run a command in a namespace (None: our own); ``environment`` replaces our environment if given."""
    prefix = ["setpriv", "--pdeathsig", "SIGTERM"]
    if namespace:
        prefix += ["ip", "netns", "exec", namespace]
    process = RunningProcess(
        await asyncio.create_subprocess_exec(
            *prefix,
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    )
    try:
        yield process
    finally:
        await process.end()
