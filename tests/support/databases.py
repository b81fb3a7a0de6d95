"""Both databases for any test: a test that takes `database` runs twice, on SQLite and on PostgreSQL.

One PostgreSQL server serves the whole run, with a new database for each test; where its programs are missing, that
half is skipped with the reason. Import the fixtures in a conftest.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.lab.postgresql import Postgresql, PostgresqlMissing, running_postgresql
from server.consents import Consents, ConsentScope, Giver, How, NewConsent
from server.platform.database.engine import DbSessions, open_database, sessions_of
from server.platform.database.upgrade import upgrade
from server.platform.redacted import Redacted
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.masterkeys import GivenKeys, MasterKey, written
from server.platform.sealing.sealedrows import info_with
from server.trail.trail import Trail
from signaling.messages import Role
from tests.support.patience import PATIENCE_MS
from tests.support.sqlitefile import put_migrated

BOTH = ("sqlite", "postgresql")
MASTER = MasterKey(bytes(range(32)))
KEYRING = Keyring(GivenKeys(written(MASTER)))


@dataclass
class Migrated:
    """A server whose database ``template`` has all tables and no rows about people."""

    server: Postgresql
    template: str


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Migrated]:
    """The PostgreSQL server of this run."""
    try:
        with running_postgresql() as server:
            template = server.new_database()
            asyncio.run(_migrate(server.url(template)))
            yield Migrated(server, template)
    except PostgresqlMissing as missing:
        pytest.skip(str(missing))


async def _migrate(url: str) -> None:
    engine = open_database(url)
    await upgrade(engine)
    await engine.dispose()


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    yield from _address(request, tmp_path / "empty.db", lambda own: own.server.new_database())


@pytest.fixture(params=BOTH)
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of a database that has all tables; `upgrade` finds nothing to do."""
    # SQLite serves waiting writers in no particular order: one of a hundred may wait for most of the others, on a
    # slow machine for longer than a server's five seconds.
    monkeypatch.setattr("server.platform.database.engine.BUSY_TIMEOUT_MS", int(PATIENCE_MS))
    file = tmp_path / "keneya.db"
    if request.param == "sqlite":
        put_migrated(file)
    yield from _address(request, file, lambda own: own.server.new_database(own.template))


def _address(request: pytest.FixtureRequest, file: Path, make: Callable[[Migrated], str]) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{file}"
        return
    own: Migrated = request.getfixturevalue("postgresql")
    name = make(own)
    yield own.server.url(name)
    own.server.drop_database(name)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a database with all tables, and only the rows that migrations write."""
    opened = open_database(database_url)
    await upgrade(opened)
    yield opened
    await opened.dispose()


@pytest.fixture
def database(engine: AsyncEngine) -> DbSessions:
    """The sessions of `engine`, which seal and open rows."""
    return sealing_sessions(engine)


def sealing_sessions(engine: AsyncEngine) -> DbSessions:
    """Sessions that seal and open rows with the key of these tests."""
    return sessions_of(engine, info_with(KEYRING))


async def agree(database: DbSessions, case_id: str, by: str = "st_1") -> None:
    """Write the consent of this case's patient to a teleconsultation to disk."""
    answer = NewConsent(
        consultation_id=case_id,
        scope=ConsentScope.TELECONSULTATION,
        given=True,
        language="bm",
        text_id="teleconsultation-1",
        how=How.SPOKEN,
        giver=Giver.PATIENT,
        explained_by=Redacted("Fatou"),
        recorded_by=by,
    )
    consents = Consents(Trail(lambda: 5.0), lambda: 5.0)
    async with database.begin() as db:
        await consents.record(db, answer, Role.STATION)
