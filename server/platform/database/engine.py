"""Opens the database, and sets the pragmas that make SQLite durable.

Owns: the SQLAlchemy engine and its session factory. Must never lose an acknowledged write: consents, audit entries
and manifests must be on disk before the act that they allow (synchronous=FULL).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from server.platform.database.precopy import drop_copies
from server.platform.settings.config import SettingsError

# A writer holds the SQLite lock for one fsync, tens of milliseconds on a slow disk. Five seconds allow for a
# `keneya` command that writes while the server runs.
BUSY_TIMEOUT_MS = 5000

# SQLAlchemy's own bound. All are kept: its default closes ten of them after each use, and to open one again (a
# thread, five pragmas, the schema read anew) takes the event loop longer than most questions.
CONNECTIONS = 15

Also = Callable[[AsyncSession], Awaitable[None]]
_also: ContextVar[list[Also]] = ContextVar("what every transaction writes as well")


def open_database(url: str) -> AsyncEngine:
    """Make the engine without connecting. Raises SettingsError for a wrong address."""
    try:
        # hide_parameters keeps the values of a statement out of error texts.
        engine = create_async_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=not url.startswith("sqlite"),
            pool_size=CONNECTIONS,
            max_overflow=0,
        )
    except Exception as error:  # SQLAlchemy and the drivers raise different exceptions for a wrong address
        raise SettingsError(f"database_url: cannot be used ({type(error).__name__})") from None
    if make_url(url).get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_pragmas)
    return engine


class DbSessions:
    """The factory of database sessions; objects stay readable after a commit.

    ``async with database() as db`` reads; ``async with database.begin() as db`` writes in one transaction, which
    the end of the block commits and an exception rolls back.
    """

    def __init__(self, engine: AsyncEngine, info: dict[str, object] | None = None) -> None:
        self._engine = engine
        self._make = async_sessionmaker(engine, expire_on_commit=False, info=info or {})
        self._sqlite = engine.dialect.name == "sqlite"

    def __call__(self) -> AsyncSession:
        """A session for reading."""
        return self._make()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A session for writing.

        On SQLite, the driver begins the transaction before the first write: rows read before that may be outdated
        when the session gets the write lock. On PostgreSQL, lock the rows that a decision depends on
        (`with_for_update`).
        """
        async with self._make() as db, db.begin():
            if self._sqlite:
                await (await db.connection()).exec_driver_sql("BEGIN IMMEDIATE")
            yield db
            for write in _also.get([]):
                await write(db)

    async def scrub(self, *tables: str, rewrite: bool = False) -> None:
        """Leave nothing of what was deleted from these tables in the files, once nobody reads an older state.

        SQLite overwrites what it deletes (secure_delete), but its write-ahead log holds it until the next
        checkpoint; PostgreSQL keeps old versions of rows until a table is written anew. The copies kept before
        upgrades hold all of it, and go. ``rewrite``: also what an SQLite file held before it overwrote anything.
        """
        statements = ["PRAGMA wal_checkpoint(TRUNCATE)"]
        if not self._sqlite:
            statements = [f"VACUUM FULL {table}" for table in tables]
        elif rewrite:
            statements.insert(0, "VACUUM")
        async with self._make() as db:
            connection = await db.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            for statement in statements:
                await connection.exec_driver_sql(statement)
        await asyncio.to_thread(drop_copies, self._engine)


@contextmanager
def also_writing(write: Also) -> Iterator[None]:
    """Within the block each transaction that is committed writes this as well, at its end.

    A task that is started within and lives on writes nothing more once the block has ended.
    """
    writers = [write]
    token = _also.set(writers)
    try:
        yield
    finally:
        writers.clear()
        _also.reset(token)


def sessions_of(engine: AsyncEngine, info: dict[str, object] | None = None) -> DbSessions:
    """The factory of sessions on this engine; each session carries ``info`` (what seals and opens rows)."""
    return DbSessions(engine, info)


def _set_pragmas(connection: Any, record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        # What is deleted is overwritten: destroyed keys, erased cases.
        "secure_delete=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
