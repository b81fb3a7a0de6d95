"""Migrates a database to the newest tables, and tells whether it has them.

Owns: the use of Alembic. Must never open a connection of its own: the engine sets the address and the pragmas of
every connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server.platform.database.precopy import file_of, keep_copy
from server.platform.database.refusals import MigrationFailed, TooNew
from server.platform.settings.config import SettingsError

MIGRATIONS = Path(__file__).parent / "migrations"
# An arbitrary number; PostgreSQL has separate advisory locks for each database.
MIGRATION_LOCK = 0x6B656E65  # "kene"
# A new file has its write-ahead log after one fsync, a second on the slowest memory card. All attempts together
# take five seconds, as long as a writer waits elsewhere (BUSY_TIMEOUT_MS).
OPEN_AGAIN_S = 0.1
OPEN_ATTEMPTS = 50
# Of the place, not of the data: read only, full, or broken (sqlite.org/rescode.html).
UNWRITABLE = ("SQLITE_READONLY", "SQLITE_FULL", "SQLITE_IOERR")


# Keeps a copy of a database that is at this revision, and says where.
Keep = Callable[[AsyncEngine, str], Awaitable[Path | None]]


@dataclass(frozen=True, slots=True)
class Schema:
    """Which migrations a database has had, and which are due. ``revision``: "" before the first."""

    revision: str
    newest: str
    due: tuple[str, ...]

    @property
    def too_new(self) -> bool:
        """Whether a newer program has upgraded it."""
        return self.revision != self.newest and not self.due


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did. ``copy``: of the database before; None where there was nothing to copy or to do."""

    before: Schema
    copy: Path | None


async def upgrade(engine: AsyncEngine, to: str = "head", *, keep: Keep | None = keep_copy) -> Upgraded:
    """Run every missing migration. Makes the folder of a SQLite file if it is absent.

    A database with data that needs a migration is copied by ``keep`` first, while no other program can upgrade it.
    Raises SettingsError if the database cannot be opened or written, DatabaseRefused if it is unchanged for another
    reason.
    """
    try:
        _make_folder(engine)
        await _open(engine)
    except (DBAPIError, OSError) as error:
        raise _unusable("opened", error) from None
    done: list[Upgraded] = []

    async def before(connection: AsyncConnection) -> None:
        schema = _not_newer(await connection.run_sync(_schema))
        wanted = keep is not None and schema.revision and schema.due
        done.append(Upgraded(schema, await keep(engine, schema.revision) if wanted and keep else None))

    try:
        await _move(engine, lambda connection: _upgrade(connection, to), before)
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorname", "").startswith(UNWRITABLE):
            raise _unusable("written", error) from None
        raise
    return done[0]


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


async def _move(
    engine: AsyncEngine,
    work: Callable[[Connection], None],
    before: Callable[[AsyncConnection], Awaitable[None]] | None = None,
) -> None:
    """Run all migrations in one transaction, in one process at a time; ``before`` when it is this one's turn."""
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
        if before is not None:
            await before(connection)
        await connection.run_sync(work)
        if sqlite:
            broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
            if broken:
                raise MigrationFailed(len(broken))
        await connection.commit()
        # The connection does not return to the pool, because its foreign keys are off.
        await connection.invalidate()


async def schema_of(engine: AsyncEngine) -> Schema:
    """Which migrations this database has had, and which are due. Raises SettingsError as `upgrade` does, TooNew."""
    try:
        _make_folder(engine)
        await _open(engine)
    except (DBAPIError, OSError) as error:
        raise _unusable("opened", error) from None
    async with engine.connect() as connection:
        return _not_newer(await connection.run_sync(_schema))


async def is_current(engine: AsyncEngine) -> bool:
    """Whether the newest migration has run. Raises as `schema_of` does."""
    return not (await schema_of(engine)).due


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
    command.upgrade(_config(connection), to)


def _not_newer(schema: Schema) -> Schema:
    if schema.too_new:
        raise TooNew(schema.revision, schema.newest)
    return schema


def _schema(connection: Connection) -> Schema:
    known = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]
    heads = MigrationContext.configure(connection).get_current_heads()
    revision = heads[0] if heads else ""
    if not revision:
        return Schema("", known[-1], tuple(known))
    due = known[known.index(revision) + 1 :] if revision in known else []
    return Schema(revision, known[-1], tuple(due))


def _differences(connection: Connection, expected: MetaData) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), expected))


def _make_folder(engine: AsyncEngine) -> None:
    file = file_of(engine)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
