"""From every schema there ever was, with rows in each of its tables, to the newest and back, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    column,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from server.platform.database.engine import open_database
from server.platform.database.upgrade import (
    MIGRATIONS,
    differences,
    downgrade,
    is_current,
    upgrade,
)
from server.tables import METADATA

REVISIONS = [one.revision for one in reversed(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions()))]
# Values where a check of the table requires more than its types do.
EXCEPTIONS: dict[str, dict[str, Any]] = {"http_session": {"station_id": None}}
# Tables that their migration fills.
FILLED = {"alembic_version", "audit_head"}

Rows = dict[str, dict[str, Any]]


def a_value(of: Column[Any]) -> Any:
    """Something that fits the type; rows point to the one row that each table has."""
    for key in of.foreign_keys:
        target = key.column
        if target.table is of.table:
            return None
        return a_value(target)
    kind = of.type
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer | BigInteger):
        return 1
    if isinstance(kind, Float | Numeric):
        return 1.5
    if isinstance(kind, LargeBinary):
        return f"{of.table.name}_{of.name}".encode()
    assert isinstance(kind, String | Text), f"{of}: {kind!r}"
    return f"{of.table.name}_{of.name}"[: kind.length or 60]


def fill(connection: Connection) -> tuple[Rows, MetaData]:
    """Write one row into each table, every column filled; returns the rows by table, and the schema."""
    found = MetaData()
    found.reflect(connection)
    rows: Rows = {}
    for one in found.sorted_tables:
        if one.name not in FILLED:
            row = {of.name: a_value(of) for of in one.columns}
            rows[one.name] = row | EXCEPTIONS.get(one.name, {})
            connection.execute(one.insert().values(rows[one.name]))
    return rows, found


def is_there(connection: Connection, known: Table, row: dict[str, Any]) -> bool:
    # Without types, which seal and open: what counts is what the database holds.
    bare = table(known.name, *(column(name) for name in row if name in known.columns))
    query = select(bare).where(*(one.is_not_distinct_from(row[one.name]) for one in bare.columns))
    return len(connection.execute(query).all()) == 1


def lost(connection: Connection, rows: Rows, schema: MetaData) -> list[str]:
    """The tables whose row is no longer what it was, when they are those of this schema."""
    return [name for name, row in rows.items() if not is_there(connection, schema.tables[name], row)]


async def in_transaction(engine: AsyncEngine, work: Any, *arguments: Any) -> Any:
    async with engine.begin() as connection:
        return await connection.run_sync(work, *arguments)


# PostgreSQL takes three of the ways: the longest has the migrations of all of them in it.
WAYS = [
    *(pytest.param("sqlite", revision, id=f"sqlite-{revision}") for revision in REVISIONS),
    *(pytest.param("postgresql", revision, id=f"postgresql-{revision}") for revision in REVISIONS[::6]),
]


@pytest.mark.parametrize(("empty_database_url", "revision"), WAYS, indirect=["empty_database_url"])
async def test_rows_of_every_schema_survive_the_way_up_and_down(
    empty_database_url: str, revision: str
) -> None:
    engine = open_database(empty_database_url)
    await upgrade(engine, revision)
    rows, schema = await in_transaction(engine, fill)
    assert len(rows) >= 7
    await upgrade(engine)
    assert await is_current(engine)
    assert await differences(engine, METADATA) == []
    assert await in_transaction(engine, lost, rows, METADATA) == []
    await downgrade(engine, revision)
    assert await in_transaction(engine, lost, rows, schema) == []
    await upgrade(engine)
    assert await in_transaction(engine, lost, rows, METADATA) == []
    # A comparison takes longer than a way: that of the longest finds what any way down left behind.
    if revision == REVISIONS[0]:
        assert await differences(engine, METADATA) == []
    await engine.dispose()


async def test_a_downgrade_to_the_beginning_leaves_nothing(empty_database_url: str) -> None:
    engine = open_database(empty_database_url)
    await upgrade(engine)
    await in_transaction(engine, fill)
    await downgrade(engine, "base")
    found = MetaData()
    await in_transaction(engine, found.reflect)
    assert set(found.tables) == {"alembic_version"}
    await upgrade(engine)
    assert await differences(engine, METADATA) == []
    await engine.dispose()


async def test_two_logins_that_are_now_alike_stay_two_people(empty_database_url: str) -> None:
    engine = open_database(empty_database_url)
    await upgrade(engine, "0010")

    def two_people(connection: Connection) -> None:
        found = MetaData()
        found.reflect(connection, only=["account", "site"])
        row = {of.name: a_value(of) for of in found.tables["account"].columns} | {"site_id": None}
        for account_id, login in (("ac_1", "n\u2019diaye"), ("ac_2", "n'diaye"), ("ac_3", "N'Diaye")):
            connection.execute(
                found.tables["account"].insert().values(row | {"id": account_id, "login": login})
            )

    await in_transaction(engine, two_people)
    await upgrade(engine)
    async with engine.connect() as connection:
        rows = (await connection.exec_driver_sql("SELECT id, login FROM account")).all()
    assert dict(map(tuple, rows)) == {"ac_1": "n'diaye-2", "ac_2": "n'diaye", "ac_3": "n'diaye-3"}
    await engine.dispose()
