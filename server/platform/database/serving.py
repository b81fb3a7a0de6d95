"""One server for each database and each data folder: the lock that a server holds as long as it serves, and a
restore as long as it restores.

Owns: the lock. On SQLite, and for the data folder, it is a lock of the kernel (flock) on a file; on PostgreSQL an
advisory lock of a connection that stays open. Both end with the process, however it ends. Must never keep a command
(`keneya account add`) from running beside the server.

Two servers on one database would each expire the other's invitations, close its groups and restore its calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server.platform.faults import where
from server.platform.settings.config import SettingsError

log = structlog.get_logger(__name__)

# An arbitrary number; PostgreSQL has separate advisory locks for each database.
SERVING_LOCK = 0x6B656E66  # "kenf"
# PostgreSQL notices within seconds that a server was killed, a service manager starts the next one at once.
# All attempts together take five seconds.
AGAIN_S = 0.1
TAKE_ATTEMPTS = 50
# How soon a server notices that PostgreSQL has ended its connection, and with it the lock.
LOOK_EVERY_S = 5.0
# PostgreSQL gives up a machine that has lost its power after 5 + 3 * 5 s, instead of hours (tcp(7)).
KEEPALIVE = {"tcp_keepalives_idle": 5, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
PID_MAX_BYTES = 20
# How the names of the files end that are locked; they hold nothing but a process id.
LOCK_SUFFIX = ".serving"
TAKEN = "another keneya server serves from it"
REMEDY = "stop that one first, or give this one a database and a folder of its own"


class ServedElsewhere(SettingsError):
    """Another server holds the lock."""


class Serving:
    """The lock of one server. ``lost`` is set once another server has it."""

    def __init__(self, engine: AsyncEngine, data_dir: Path) -> None:
        self.lost = asyncio.Event()
        self._engine = engine
        self._folder = data_dir

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold the database and the data folder for the length of the block.

        Raises ServedElsewhere if another server has either, SettingsError if they cannot be opened.
        """
        async with contextlib.AsyncExitStack() as held:
            for path, setting in [
                *_beside(self._engine),
                (self._folder.resolve() / f"keneya{LOCK_SUFFIX}", "data_dir"),
            ]:
                fd = _opened(path, setting)
                held.callback(os.close, fd)
                await _flock(fd, setting)
            if self._engine.dialect.name == "postgresql":
                connection = await _advisory(self._engine)
                held.push_async_callback(_ended, asyncio.create_task(self._keep(connection)))
            yield

    async def _keep(self, connection: AsyncConnection) -> None:
        """Keep the connection, and take the lock again on a new one when PostgreSQL has ended it."""
        try:
            while True:
                await _while_it_lives(connection)
                await _closed(connection)
                connection = await _again(self._engine)
        except ServedElsewhere:
            log.critical("served_elsewhere")
            self.lost.set()
        finally:
            await _closed(connection)


async def is_served(engine: AsyncEngine) -> bool:
    """Whether a server serves from this database now. Raises DBAPIError."""
    if engine.dialect.name == "postgresql":
        async with engine.connect() as connection:
            free = await _try_advisory(connection)
            await _closed(connection)
            return not free
    for path, _ in _beside(engine):
        with contextlib.suppress(FileNotFoundError):
            fd = os.open(path, os.O_RDWR)
            try:
                if not _try_flock(fd):
                    return True
            finally:
                os.close(fd)
    return False


def _beside(engine: AsyncEngine) -> list[tuple[Path, str]]:
    """The file to lock beside a SQLite file, wherever its links lead, and the settings that name it."""
    url = make_url(engine.url)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return []
    file = Path(url.database).resolve()
    return [(file.with_name(f"{file.name}{LOCK_SUFFIX}"), "database_url or data_dir")]


def _opened(path: Path, setting: str) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SettingsError(f"{setting}: the database cannot be opened ({type(error).__name__})") from None


async def _flock(fd: int, setting: str) -> None:
    """Take the lock. The file stays for good: were it removed, two servers could each lock one of their own."""
    try:
        for _ in range(TAKE_ATTEMPTS):
            if _try_flock(fd):
                os.truncate(fd, 0)
                os.pwrite(fd, str(os.getpid()).encode(), 0)
                return
            await asyncio.sleep(AGAIN_S)
        holder = os.pread(fd, PID_MAX_BYTES, 0).decode("ascii", "replace")
    except OSError as error:
        raise SettingsError(f"{setting}: the file system cannot lock ({error.strerror})") from None
    raise ServedElsewhere(f"{setting}: {TAKEN} (process {holder or 'unknown'}); {REMEDY}")


def _try_flock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _advisory(engine: AsyncEngine) -> AsyncConnection:
    """A connection of PostgreSQL that has the lock and stays open."""
    try:
        connection = await engine.connect()
    except (DBAPIError, OSError) as error:
        raise SettingsError(f"database_url: the database cannot be opened ({type(error).__name__})") from None
    for _ in range(TAKE_ATTEMPTS):
        if await _try_advisory(connection):
            return connection
        await asyncio.sleep(AGAIN_S)
    await connection.close()
    raise ServedElsewhere(f"database_url: {TAKEN}; {REMEDY}")


async def _try_advisory(connection: AsyncConnection) -> bool:
    query = text("SELECT pg_try_advisory_lock(:number)")
    got = bool((await connection.execute(query, {"number": SERVING_LOCK})).scalar_one())
    await connection.commit()
    return got


async def _while_it_lives(connection: AsyncConnection) -> None:
    try:
        for name, value in KEEPALIVE.items():
            await connection.exec_driver_sql(f"SET {name} = {value}")
        while True:
            await connection.exec_driver_sql("SELECT 1")
            # A transaction that stays open would keep PostgreSQL from cleaning up.
            await connection.commit()
            await asyncio.sleep(LOOK_EVERY_S)
    except (DBAPIError, OSError) as error:
        log.warning("serving_lock_gone", **where(error))


async def _closed(connection: AsyncConnection) -> None:
    """End the connection, and the lock with it, instead of giving both back to the pool."""
    with contextlib.suppress(SQLAlchemyError, OSError):
        await connection.invalidate()
    with contextlib.suppress(SQLAlchemyError, OSError):
        await connection.close()


async def _again(engine: AsyncEngine) -> AsyncConnection:
    """A new connection with the lock, however long PostgreSQL is away. Raises ServedElsewhere."""
    while True:
        try:
            return await _advisory(engine)
        except ServedElsewhere:
            raise
        except (SettingsError, DBAPIError, OSError):
            await asyncio.sleep(AGAIN_S)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
