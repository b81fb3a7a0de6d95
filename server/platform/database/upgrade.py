"""Migrates a database to the newest tables, and tells whether it has them.

Owns: the use of Alembic. Must never open a connection of its own: the engine sets the address and the pragmas of
every connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from server.platform.settings.config import SettingsError

MIGRATIONS = Path(__file__).parent / "migrations"
# An arbitrary number; PostgreSQL has separate advisory locks for each database.
MIGRATION_LOCK = 0x6B656E65  # "kene"
# A new file has its write-ahead log after one fsync, a second on the slowest memory card. All attempts together
# take five seconds, as long as a writer waits elsewhere (BUSY_TIMEOUT_MS).
OPEN_AGAIN_S = 0.1
OPEN_ATTEMPTS = 50


class NewerDatabase(SettingsError):
    """The database has migrations that this program does not know."""


class MigrationFailed(Exception):
    """A migration would break the data; the database is unchanged."""


async def upgrade(engine: AsyncEngine, to: str = "head") -> None:
    """Run every missing migration. Makes the folder of a SQLite file if it is absent.

    Raises SettingsError if the database cannot be opened or written, or a newer program has made it;
    MigrationFailed if the data does not fit.
    """
    try:
        _make_folder(engine)
        await _open(engine)
    except (DBAPIError, OSError) as error:
        raise _unusable("opened", error) from None
    try:
        await _move(engine, lambda connection: _upgrade(connection, to))
    except OperationalError as error:  # read only, or the disk is full
        raise _unusable("written", error) from None


async def downgrade(engine: AsyncEngine, to: str) -> None:
    """Undo migrations down to revision ``to``; data that only newer tables hold is lost."""
    await _move(engine, lambda connection: command.downgrade(_config(connection), to))


def _unusable(what: str, error: DBAPIError | OSError) -> SettingsError:
    reason = type(error.orig if isinstance(error, DBAPIError) else error).__name__
    return SettingsError(f"database_url or data_dir: the database cannot be {what} ({reason})")


async def _open(engine: AsyncEngine) -> None:
    """Connect once, and try again if SQLite is locked. While the first connection to a new SQLite file makes its
    write-ahead log, SQLite refuses other connections instead of letting them wait.
    """
    for attempt in range(1, OPEN_ATTEMPTS + 1):
        try:
            async with engine.connect():
                return
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorname", None) != "SQLITE_BUSY" or attempt == OPEN_ATTEMPTS:
                raise
            await asyncio.sleep(OPEN_AGAIN_S)


async def _move(engine: AsyncEngine, work: Callable[[Connection], None]) -> None:
    """Run all migrations in one transaction, in one process at a time."""
    async with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:
            # Alembic changes a SQLite table by copying it, which foreign keys forbid. The driver begins no
            # transaction before CREATE or ALTER, so this code begins it: a failure undoes the whole migration.
            await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            # Without this lock, a server and a command that start together would both create the tables.
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        await connection.run_sync(work)
        if sqlite:
            broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
            if broken:
                raise MigrationFailed(f"{len(broken)} rows would point to nothing; nothing was changed")
        await connection.commit()
        # The connection does not return to the pool, because its foreign keys are off.
        await connection.invalidate()


async def is_current(engine: AsyncEngine) -> bool:
    """Whether the newest migration has run. Raises SettingsError as `upgrade` does."""
    try:
        _make_folder(engine)
        await _open(engine)
    except (DBAPIError, OSError) as error:
        raise _unusable("opened", error) from None
    async with engine.connect() as connection:
        await connection.run_sync(_refuse_a_newer_one)
        return await connection.run_sync(_is_current)


async def differences(engine: AsyncEngine, expected: MetaData) -> list[Any]:
    """The operations that Alembic needs to make the tables ``expected``; empty if none."""
    async with engine.connect() as connection:
        return await connection.run_sync(lambda found: _differences(found, expected))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, to: str) -> None:
    _refuse_a_newer_one(connection)
    command.upgrade(_config(connection), to)


def _refuse_a_newer_one(connection: Connection) -> None:
    known = {one.revision for one in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    newer = set(MigrationContext.configure(connection).get_current_heads()) - known
    if newer:
        raise NewerDatabase(
            "database_url or data_dir: a newer keneya has made this database; start that one again, or restore "
            "the backup from before its first start"
        )


def _is_current(connection: Connection) -> bool:
    heads = set(ScriptDirectory(str(MIGRATIONS)).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == heads


def _differences(connection: Connection, expected: MetaData) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), expected))


def _make_folder(engine: AsyncEngine) -> None:
    url = make_url(engine.url)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
