"""What the commands of `keneya` share: the console, the settings, the database, and the exit codes.

Owns: the exit codes 0 (done), 1 (refused) and 2 (a wrong setting or argument). Must never print a traceback for a
fault that an operator can repair.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvloop
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine

from server.platform.database.engine import DbSessions, open_database, sessions_of
from server.platform.database.refusals import DatabaseRefused
from server.platform.database.serving import is_served
from server.platform.database.upgrade import is_current, upgrade
from server.platform.logs import configure_logging
from server.platform.settings.config import Settings, SettingsError
from server.platform.settings.sources import load_settings
from signaling.text import is_fit, tidied

console = Console()
errors = Console(stderr=True, soft_wrap=True)

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="TOML file with settings; `keneya settings` lists them.")
]


@asynccontextmanager
async def opened_database(
    settings: Settings, info: dict[str, object] | None = None
) -> AsyncIterator[DbSessions]:
    """The upgraded database, for a command that runs with or without the server; each session carries ``info``."""
    engine = open_database(settings.database)
    try:
        await bring_up_to_date(engine)
        yield sessions_of(engine, info)
    finally:
        await engine.dispose()


async def bring_up_to_date(engine: AsyncEngine) -> None:
    """Migrate the database, unless a server of an older version runs: that ends the command.

    A running server goes on with the tables that it knows: under it, no command of a newer program migrates.
    """
    if not await is_current(engine):
        await refuse_under_a_server(engine)
        await upgrade(engine)


async def refuse_under_a_server(engine: AsyncEngine) -> None:
    """End the command if a server runs; for one that would change the tables."""
    if await is_served(engine):
        refuse("A server of an older version is running: stop it, then run `keneya upgrade`.")


def settings_of(config: Path | None, overrides: dict[str, object] | None = None) -> Settings:
    """Every setting from the file, the environment and ``overrides``; ends the command if one is wrong."""
    try:
        return load_settings(config, os.environ, overrides)
    except SettingsError as error:
        refuse(str(error), code=2)


def run(settings: Settings, work: Callable[[], Awaitable[None]]) -> None:
    """Run ``work`` under uvloop; a fault that an operator can repair ends the command with one line."""
    configure_logging(settings.log_level, settings.log_format)
    # Only the server's own user can read the files that it writes, above all the database.
    os.umask(0o077)

    async def main() -> None:
        await work()

    try:
        uvloop.run(main())
    except SettingsError as error:
        refuse(str(error), code=2)
    except DatabaseRefused as error:
        refuse(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def not_blank(text: str, option: str) -> str:
    """The text without leading and trailing blanks; ends the command if it is empty."""
    if not text.strip():
        refuse(f"{option} must not be empty.", code=2)
    if not is_fit(text):
        refuse(f"{option} has characters in it that no keyboard writes.", code=2)
    return tidied(text).strip()


def refuse(line: str, code: int = 1) -> NoReturn:
    """End the command with one line; exit code 2 is for a wrong setting or argument."""
    errors.print(f"keneya: {line}", style="red", markup=False, highlight=False)
    raise typer.Exit(code)
