"""The trail on both databases: written together with its act, append-only, and whole with many writers at once."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from server.audit.findings import Finding
from server.audit.reading import count_of, head_of, pages
from server.audit.verification import Verification
from server.people.tables import Site
from server.platform.database.engine import DbSessions, open_database, sessions_of
from server.trail.entry import Written
from server.trail.trail import Trail
from tests.support.trails import some_entry

WRITERS = 12
EACH = 10


async def read(database: DbSessions, rows: int = 7) -> list[Written]:
    return [one async for page in pages(database, rows=rows) for one in page]


async def verified(database: DbSessions) -> list[Finding]:
    run = Verification(await head_of(database))
    for one in await read(database):
        run.feed(one)
    return run.finish(await head_of(database))


async def test_an_entry_is_in_the_chain_with_its_time(database: DbSessions) -> None:
    trail = Trail(lambda: 1_763_000_000.25)
    async with database.begin() as db:
        assert await trail.record(db, some_entry(1, count=2)) == 1
    async with database.begin() as db:
        assert await trail.record(db, some_entry(2)) == 2
        assert await trail.record(db, some_entry(3)) == 3
    first, *_ = await read(database)
    assert (first.at_ms, first.act, first.facts) == (1_763_000_000_250, "consent_given", '{"count":2}')
    assert [one.sequence for one in await read(database)] == [1, 2, 3]
    assert await verified(database) == []


async def test_an_act_that_fails_leaves_no_entry_and_no_gap(database: DbSessions) -> None:
    trail = Trail(lambda: 1.0)

    async def fails() -> None:
        async with database.begin() as db:
            db.add(Site(id="si_1", name="Kayes", created_at=1.0))
            await trail.record(db, some_entry())
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        await fails()
    assert await count_of(database) == 0
    async with database.begin() as db:
        await trail.record(db, some_entry())
    assert [one.sequence for one in await read(database)] == [1]
    assert await verified(database) == []


async def test_many_writers_at_once_make_one_chain_without_a_gap(
    database: DbSessions, engine: AsyncEngine
) -> None:
    trail = Trail(lambda: 1.0)
    # A second engine has connections and locks of its own, as a second process has.
    other_engine = open_database(engine.url.render_as_string(hide_password=False))
    other = sessions_of(other_engine)

    async def write(sessions: DbSessions, writer: int) -> None:
        for number in range(EACH):
            async with sessions.begin() as db:
                db.add(Site(id=f"si_{writer}_{number}", name=f"{writer} {number}", created_at=1.0))
                await trail.record(db, some_entry(writer))

    async with asyncio.TaskGroup() as tasks:
        for writer in range(WRITERS):
            tasks.create_task(write(other if writer % 2 else database, writer))
    await other_engine.dispose()
    assert [one.sequence for one in await read(database)] == list(range(1, WRITERS * EACH + 1))
    assert await verified(database) == []


async def test_a_value_read_before_the_entry_cannot_be_outdated(database: DbSessions) -> None:
    """Every writer counts the entries, then adds one: two equal counts would give one number twice."""
    trail = Trail(lambda: 1.0)

    async def add_one(number: int) -> None:
        async with database.begin() as db:
            await db.execute(text("SELECT count(*) FROM audit_entry"))
            await trail.record(db, some_entry(number))

    await asyncio.gather(*(add_one(number) for number in range(20)))
    assert await count_of(database) == 20
    assert await verified(database) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor_id = 'nobody' WHERE sequence = 2",
        "UPDATE audit_entry SET hash = hash",
        "DELETE FROM audit_entry WHERE sequence = 3",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET sequence = 1",
        "INSERT INTO audit_head (id, sequence, hash) VALUES (2, 9, 'x')",
    ],
)
async def test_the_database_itself_refuses_to_change_the_past(database: DbSessions, statement: str) -> None:
    trail = Trail(lambda: 1.0)
    async with database.begin() as db:
        await trail.record_all(db, [some_entry(number) for number in range(3)])
    before = await read(database)
    with pytest.raises(DBAPIError):
        async with database.begin() as db:
            await db.execute(text(statement))
    assert await read(database) == before
    assert await verified(database) == []


async def test_postgresql_refuses_to_empty_the_table_too(database: DbSessions, engine: AsyncEngine) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    for table in ("audit_entry", "audit_head"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.begin() as db:
                await db.execute(text(f"TRUNCATE {table}"))


async def test_pages_give_every_entry_once(database: DbSessions) -> None:
    trail = Trail(lambda: 1.0)
    async with database.begin() as db:
        await trail.record_all(db, [some_entry(number) for number in range(10)])
    for rows in (1, 3, 10, 11):
        assert [one.sequence for one in await read(database, rows)] == list(range(1, 11))
    assert [one.sequence async for page in pages(database, after=8) for one in page] == [9, 10]
