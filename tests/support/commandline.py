"""The command `keneya` in the process of the test: what it says and does, without a second for its start.

That it works as a process of its own is shown where that is the claim (`start` in tests/server/test_main.py).
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import structlog
from typer.testing import CliRunner

from server.__main__ import app


async def keneya(folder: Path, *arguments: str, typed: str = "", **environ: str) -> tuple[int, str, str]:
    """Run the command in this folder; returns its exit code and what it said on both streams."""
    assert arguments[0] not in ("serve", "demo"), "these want the signals of the main thread"
    # In a thread of its own: a command runs a loop.
    return await asyncio.to_thread(keneya_here, folder, *arguments, typed=typed, **environ)


def keneya_here(folder: Path, *arguments: str, typed: str = "", **environ: str) -> tuple[int, str, str]:
    """The same on this thread, on which no loop runs: also a start of a server that is refused."""
    nothing: dict[str, str | None] = {name: None for name in os.environ if name.startswith("KENEYA_")}
    with chdir(folder), _as_it_was():
        done = CliRunner().invoke(app, arguments, input=typed, env=nothing | {"COLUMNS": "300"} | environ)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@contextmanager
def _as_it_was() -> Iterator[None]:
    """Within the block a command may change what a process has once: its log and its umask."""
    root, told = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    mask = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(mask)
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**told)
