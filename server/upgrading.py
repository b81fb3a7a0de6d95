"""`keneya upgrade`: bringing the tables to their newest form, or trying on a copy whether that will work.

Owns: the command and the rehearsal. A rehearsal must never touch the database itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Annotated, NoReturn

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from server.platform.command_line import (
    ConfigOption,
    console,
    refuse,
    refuse_under_a_server,
    run,
    settings_of,
)
from server.platform.database.engine import open_database
from server.platform.database.precopy import copy_to, file_of
from server.platform.database.refusals import DatabaseRefused
from server.platform.database.upgrade import Schema, differences, schema_of, upgrade
from server.tables import METADATA


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal found. ``tried``: the migrations ran on a copy; else there was nothing to do, or no copy."""

    schema: Schema
    tried: bool


def upgrade_command(
    config: ConfigOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only try it on a copy of the database and say what would happen.")
    ] = False,
) -> None:
    """Bring the database to the newest tables, after a copy of it; the server does so itself when it starts."""
    settings = settings_of(config)

    async def work() -> None:
        engine = open_database(settings.database)
        try:
            file = file_of(engine)
            if file is not None and not file.exists():
                console.print("There is no database yet: the server makes it when it starts first.")
            elif check:
                _tell(await rehearse(engine))
            else:
                await _upgrade(engine)
        finally:
            await engine.dispose()

    run(settings, work)


async def rehearse(engine: AsyncEngine) -> Rehearsed:
    """Run the migrations that are due on a copy, and compare its tables. Raises DatabaseRefused."""
    schema = await schema_of(engine)
    source = file_of(engine)
    if not schema.due or source is None:
        return Rehearsed(schema, tried=False)
    trial = source.with_name(f"{source.name}.trial-{os.getpid()}")
    try:
        await copy_to(engine, source, trial)
        copied = open_database(f"sqlite+aiosqlite:///{trial}")
        try:
            await upgrade(copied, keep=None)
            different = await differences(copied, METADATA)
        finally:
            await copied.dispose()
    except DatabaseRefused:
        raise
    except (
        Exception
    ) as error:  # a migration may stumble over anything in the data; the text may hold some of it
        _would_fail(type(error).__name__)
    finally:
        for left in source.parent.glob(f"{trial.name}*"):
            left.unlink()
    if different:
        _would_fail(f"{len(different)} differences to the tables that are expected")
    return Rehearsed(schema, tried=True)


async def _upgrade(engine: AsyncEngine) -> None:
    if (await schema_of(engine)).due:
        await refuse_under_a_server(engine)
    done = await upgrade(engine)
    if not done.before.due:
        console.print("The database is up to date.")
        return
    console.print(f"The database was upgraded from {done.before.revision} to {done.before.newest}.")
    if done.copy is not None:
        console.print(f"It is kept as it was in {done.copy}", soft_wrap=True)


def _tell(found: Rehearsed) -> None:
    schema = found.schema
    if not schema.due:
        console.print(f"The database is up to date ({schema.revision}).")
        return
    count = len(schema.due)
    are = "migration is" if count == 1 else "migrations are"
    due = f"{count} {are} due, from {schema.revision} to {schema.newest}"
    if found.tried:
        console.print(f"{due}. They ran on a copy without a fault. The database is unchanged.")
    else:
        console.print(f"{due}. They were not tried: only a SQLite database is copied. Make a backup first.")


def _would_fail(reason: str) -> NoReturn:
    refuse(f"the upgrade would fail ({reason}). The database is unchanged; stay with the old program.")
