"""The command `keneya` in the process of the test: what it says and does, without a second for its start.

That it works as a process of its own is shown where that is the claim (`start` in tests/server/test_main.py).
"""

from __future__ import annotations

import asyncio
import os
from contextlib import chdir
from pathlib import Path

from typer.testing import CliRunner

from server.__main__ import app


async def keneya(folder: Path, *arguments: str, typed: str = "", **environ: str) -> tuple[int, str, str]:
    """Run the command in this folder; returns its exit code and what it said on both streams."""
    assert arguments[0] not in ("serve", "demo"), "these want signals and the log of a process of their own"
    # In a thread of its own: a command runs a loop.
    return await asyncio.to_thread(_invoke, folder, arguments, typed, environ)


def _invoke(
    folder: Path, arguments: tuple[str, ...], typed: str, environ: dict[str, str]
) -> tuple[int, str, str]:
    nothing: dict[str, str | None] = {name: None for name in os.environ if name.startswith("KENEYA_")}
    with chdir(folder):
        done = CliRunner().invoke(app, arguments, input=typed, env=nothing | {"COLUMNS": "300"} | environ)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr
