"""The rows of a whole database as lines of JSON, out of one snapshot and back into an empty database.

Owns: that form, which is the same for SQLite and PostgreSQL: a backup of one goes into the other. Tables and
columns are those that the database has (reflected): a backup does not depend on the program's idea of them. Must
never write into a database that has rows of its own.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, column, func, insert, select, update
from sqlalchemy import table as sql_table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server.backup.errors import BackupFailed

# The revision has no rows of its own: migrations write it.
REVISIONS = "alembic_version"
ROWS_AT_ONCE = 500
BYTES_MARK = "base64"

Row = dict[str, Any]


async def write_rows(engine: AsyncEngine, folder: Path) -> tuple[str, dict[str, int]]:
    """Write a file for each table, all of one moment, while others write; gives the revision and the counts."""
    async with engine.connect() as plain:
        if engine.dialect.name == "sqlite":
            connection = plain
            await connection.exec_driver_sql("BEGIN")
        else:
            connection = await plain.execution_options(isolation_level="REPEATABLE READ")
        tables = await reflected(connection)
        revision: str = (
            await connection.execute(select(column("version_num")).select_from(sql_table(REVISIONS)))
        ).scalar_one()
        counts = {table.name: await _write_table(connection, table, folder) for table in tables}
        await connection.rollback()
    return str(revision), counts


async def _write_table(connection: AsyncConnection, table: Table, folder: Path) -> int:
    count = 0
    with _file(folder, table.name).open("w", encoding="utf-8") as file:
        found = await connection.stream(select(table))
        async for rows in found.mappings().partitions(ROWS_AT_ONCE):
            file.writelines(
                json.dumps(dict(row), default=_as_json, ensure_ascii=False) + "\n" for row in rows
            )
            count += len(rows)
    return count


async def read_rows(engine: AsyncEngine, folder: Path, counts: dict[str, int]) -> None:
    """Put the rows of these files into a database that has the tables and no rows, in one transaction.

    Raises BackupFailed; then nothing was written.
    """
    async with engine.begin() as connection:
        tables = {table.name: table for table in await reflected(connection)}
        if unknown := sorted(set(counts) - set(tables)):
            raise BackupFailed(f"the backup has tables that this program does not know: {', '.join(unknown)}")
        for name, table in tables.items():
            read = await connection.run_sync(_read_table, table, _lines(folder, name))
            if read != counts.get(name, 0):
                raise BackupFailed(f"table {name}: {read} rows instead of {counts.get(name, 0)}")


async def reflected(connection: AsyncConnection) -> list[Table]:
    """The tables as they are, those that others point to first."""
    found = MetaData()
    await connection.run_sync(found.reflect)
    return [table for table in found.sorted_tables if table.name != REVISIONS]


def _read_table(connection: Connection, table: Table, rows: Iterator[Row]) -> int:
    own = [
        column.name for column in table.columns if any(k.column.table is table for k in column.foreign_keys)
    ]
    keys = list(table.primary_key.columns)
    # What a migration wrote is brought to the backup's state: the head of the trail.
    known = {tuple(row) for row in connection.execute(select(*keys))}
    later: list[Row] = []
    count = 0
    while some := list(islice(rows, ROWS_AT_ONCE)):
        count += len(some)
        later += [row for row in some if any(row[name] is not None for name in own)]
        new = [row | dict.fromkeys(own) for row in some if tuple(row[key.name] for key in keys) not in known]
        if new:
            connection.execute(insert(table), new)
        _change(connection, table, keys, (row for row in some if tuple(row[k.name] for k in keys) in known))
    # A row may point to one of its own table that comes after it.
    _change(connection, table, keys, later, only=own)
    _count_on(connection, table, keys)
    return count


def _change(
    connection: Connection,
    table: Table,
    keys: list[Column[Any]],
    rows: Iterable[Row],
    only: list[str] | None = None,
) -> None:
    for row in rows:
        values = {name: value for name, value in row.items() if only is None or name in only}
        connection.execute(update(table).where(*(key == row[key.name] for key in keys)).values(values))


def _count_on(connection: Connection, table: Table, keys: list[Column[Any]]) -> None:
    """Let PostgreSQL number new rows after those that came with numbers."""
    if connection.dialect.name != "postgresql" or len(keys) != 1:
        return
    sequence = connection.scalar(select(func.pg_get_serial_sequence(f'"{table.name}"', keys[0].name)))
    if sequence is not None:
        highest = connection.scalar(select(func.max(keys[0])))
        connection.execute(select(func.setval(sequence, highest or 1, highest is not None)))


def _lines(folder: Path, name: str) -> Iterator[Row]:
    path = _file(folder, name)
    if path.exists():
        with path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line, object_hook=_from_json)


def _file(folder: Path, table: str) -> Path:
    return folder / f"{table}.jsonl"


def _as_json(value: object) -> dict[str, str]:
    assert isinstance(value, bytes)
    return {BYTES_MARK: base64.b64encode(value).decode()}


_from_json: Callable[[Row], Any] = lambda found: (  # noqa: E731
    base64.b64decode(found[BYTES_MARK]) if set(found) == {BYTES_MARK} else found
)
