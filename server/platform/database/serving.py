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
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import NullPool, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.platform.database.precopy import file_of
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
# A network that was cut says nothing: TCP would repeat the question for a quarter of an hour. Together with
# LOOK_EVERY_S it is less than the 20 s after which PostgreSQL gives the lock to somebody else.
ANSWER_WITHIN_S = 10.0
PID_MAX_BYTES = 20
# How the names of the files end that are locked; they hold nothing but a process id.
LOCK_SUFFIX = ".serving"
TAKEN = "another keneya server serves from it"
REMEDY = "stop that one first, or give this one a database and a folder of its own"
# What a database that is away, slow or full raises. TimeoutError is an OSError; that of SQLAlchemy is not.
AWAY = (SQLAlchemyError, OSError)


class ServedElsewhere(SettingsError):
    """Another server holds the lock."""


@dataclass(frozen=True, slots=True)
class _Backend:
    """One process of PostgreSQL. The number comes again, the number and the time do not."""

    pid: int
    since: str


class Serving:
    """The lock of one server. ``lost`` is set once another server has it, or nobody looks after it any more."""

    def __init__(self, engine: AsyncEngine, data_dir: Path) -> None:
        self.lost = asyncio.Event()
        self._engine = engine
        self._folder = data_dir
        self._connection: AsyncConnection | None = None

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
                # Of its own: the server's pool may be full for as long as its clinics are busy.
                alone = create_async_engine(self._engine.url, hide_parameters=True, poolclass=NullPool)
                held.push_async_callback(self._let_go)
                self._connection = await _advisory(alone)
                keeping = self._keep(alone, self._connection)
                held.push_async_callback(_ended, asyncio.create_task(keeping, name="keep the serving lock"))
            yield

    async def _let_go(self) -> None:
        if self._connection is not None:
            await _closed(self._connection)

    async def _keep(self, alone: AsyncEngine, connection: AsyncConnection) -> None:
        """Keep the connection, and take the lock again on a new one when PostgreSQL has ended it.

        However this ends, the server must not go on without the lock: unless it is stopped, ``lost`` is set.
        """
        try:
            while True:
                before = await _while_it_lives(connection)
                await _closed(connection)
                self._connection = connection = await _again(alone, before)
        except ServedElsewhere:
            log.critical("served_elsewhere")
            self.lost.set()
        except Exception as error:
            log.critical("serving_lock_unknown", **where(error))
            self.lost.set()


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
    file = file_of(engine)
    if file is None:
        return []
    file = file.resolve()
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
    connection: AsyncConnection | None = None
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            connection = await engine.connect()
        for _ in range(TAKE_ATTEMPTS):
            async with asyncio.timeout(ANSWER_WITHIN_S):
                if await _try_advisory(connection):
                    taken, connection = connection, None
                    return taken
            await asyncio.sleep(AGAIN_S)
    except AWAY as error:
        raise SettingsError(f"database_url: the database cannot be opened ({type(error).__name__})") from None
    finally:
        if connection is not None:
            await _closed(connection)
    raise ServedElsewhere(f"database_url: {TAKEN}; {REMEDY}")


async def _try_advisory(connection: AsyncConnection) -> bool:
    query = text("SELECT pg_try_advisory_lock(:number)")
    got = bool((await connection.execute(query, {"number": SERVING_LOCK})).scalar_one())
    await connection.commit()
    return got


async def _while_it_lives(connection: AsyncConnection) -> _Backend | None:
    """Return once the connection is gone, or silent; which process of PostgreSQL it was, if that is known."""
    mine: _Backend | None = None
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            for name, value in KEEPALIVE.items():
                await connection.exec_driver_sql(f"SET {name} = {value}")
            mine = await _backend(connection)
        while True:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await connection.exec_driver_sql("SELECT 1")
                # A transaction that stays open would keep PostgreSQL from cleaning up.
                await connection.commit()
            await asyncio.sleep(LOOK_EVERY_S)
    except AWAY as error:
        log.warning("serving_lock_gone", **where(error))
    return mine


async def _backend(connection: AsyncConnection) -> _Backend:
    query = text("SELECT pid, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()")
    pid, since = (await connection.execute(query)).one()
    return _Backend(pid, since)


async def _closed(connection: AsyncConnection) -> None:
    """End the connection, and the lock with it, instead of giving both back to the pool."""
    for end in (connection.invalidate, connection.close):
        with contextlib.suppress(*AWAY):
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await end()


async def _again(engine: AsyncEngine, before: _Backend | None) -> AsyncConnection:
    """A new connection with the lock, however long PostgreSQL is away. Raises ServedElsewhere."""
    while True:
        try:
            await _end_own(engine, before)
            return await _advisory(engine)
        except ServedElsewhere:
            raise
        except (SettingsError, *AWAY):
            await asyncio.sleep(AGAIN_S)


async def _end_own(engine: AsyncEngine, before: _Backend | None) -> None:
    """End what is left in PostgreSQL of one's own connection: after a cut it holds the lock for seconds more."""
    if before is None:
        return
    query = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :pid AND backend_start::text = :since"
    )
    async with asyncio.timeout(ANSWER_WITHIN_S), engine.connect() as connection:
        await connection.execute(query, {"pid": before.pid, "since": before.since})


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
