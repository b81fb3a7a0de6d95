"""Opening the database, and the pragmas that make SQLite keep its promises.

Owns: the SQLAlchemy engine and its session factory. Must never lose an acknowledged write: consents,
audit entries and manifests must be on disk before the act they allow (synchronous=FULL).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from server.config import SettingsError

DbSessions = async_sessionmaker[AsyncSession]

# A writer holds the SQLite lock for one fsync, tens of milliseconds on a poor disk; five seconds is
# never reached by ourselves and leaves room for a `keneya` command beside the running server.
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


def sessions_of(engine: AsyncEngine) -> DbSessions:
    """The factory of database sessions; objects stay readable after a commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


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
