"""Opening the database, and the pragmas that make SQLite keep its promises.

Owns: the SQLAlchemy engine and its session factory. Must never lose an acknowledged write: consents,
audit entries and manifests must be on disk before the act they allow (synchronous=FULL).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from server.platform.settings.config import SettingsError

# A writer holds the SQLite lock for one fsync, tens of milliseconds on a poor disk; the server
# itself never waits five seconds, which leaves room for a `keneya` command beside the running server.
BUSY_TIMEOUT_MS = 5000


def open_database(url: str) -> AsyncEngine:
    """Make the engine; nothing is connected yet. Raises SettingsError for an address that cannot work."""
    try:
        # Without hide_parameters an error text would carry the values of its statement.
        engine = create_async_engine(url, hide_parameters=True, pool_pre_ping=not url.startswith("sqlite"))
    except Exception as error:  # SQLAlchemy and each driver raise their own kinds for a wrong address
        raise SettingsError(f"database_url: cannot be used ({type(error).__name__})") from None
    if make_url(url).get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_pragmas)
    return engine


class DbSessions:
    """The factory of database sessions; objects stay readable after a commit.

    ``async with database() as db`` reads; ``async with database.begin() as db`` writes: one transaction,
    committed at the end of the block, rolled back when it raises.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._make = async_sessionmaker(engine, expire_on_commit=False)
        self._sqlite = engine.dialect.name == "sqlite"

    def __call__(self) -> AsyncSession:
        """A session to read with."""
        return self._make()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A session to write with. On SQLite it is the only writer from its first statement on.

        The driver begins a transaction only before the first write: what was read until then may be old when
        the write lock comes. On PostgreSQL, lock what a decision rests on (`with_for_update`).
        """
        async with self._make() as db, db.begin():
            if self._sqlite:
                await (await db.connection()).exec_driver_sql("BEGIN IMMEDIATE")
            yield db


def sessions_of(engine: AsyncEngine) -> DbSessions:
    """The factory of sessions on this engine."""
    return DbSessions(engine)


def _set_pragmas(connection: Any, record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
