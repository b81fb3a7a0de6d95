"""Seals the rows that an earlier version wrote in clear, and leaves no trace of them in the database's files.

Owns: that one pass, before anything is served. An owner without a data key is one whose rows are all in clear: its
key and its sealed rows are one transaction, so a pass that was killed goes on where it stopped. Must never leave a
row of an owner behind.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Table, Text, exists, select, type_coerce, union, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from server.platform.database.engine import DbSessions
from server.platform.redacted import Redacted
from server.platform.sealing.hashesanew import hash_anew
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.sealedrows import SEALED, Sealing
from server.platform.sealing.tables import DataKey, SealingState

log = structlog.get_logger(__name__)

# Owners in one transaction: on a slow card its fsync takes as long as sealing so many.
OWNERS_AT_ONCE = 50


async def seal_what_is_plain(
    database: DbSessions, keyring: Keyring, clock: Callable[[], float] = time.time
) -> None:
    """Seal every row that is in clear, and hash anew what an earlier version hashed.

    Raises MasterKeyMissing if the database is sealed to another key.
    """
    async with database.begin() as db:
        master_id = await db.run_sync(lambda sync: keyring.state(sync).master_id)
        swept_at = await db.scalar(select(SealingState.swept_at))
    keyring.master(master_id)
    if swept_at is None:
        await _seal_all(database, keyring, clock)
    await hash_anew(database, keyring, clock)


async def _seal_all(database: DbSessions, keyring: Keyring, clock: Callable[[], float]) -> None:
    count = 0
    while sealed := await _seal_some(database, keyring):
        count += sealed
    if count:
        log.info("rows_sealed", owners=count)
    async with database() as db:
        anything = await db.scalar(select(exists().where(DataKey.owner_id.is_not(None))))
    if anything:
        # Pages and row versions of before hold what was in clear.
        await database.scrub(*(_table(sealing).name for sealing in SEALED.values()), rewrite=True)
    async with database.begin() as db:
        await db.execute(update(SealingState).values(swept_at=clock()))


async def _seal_some(database: DbSessions, keyring: Keyring) -> int:
    async with database.begin() as db:
        owners = await _plain_owners(db)
        for owner_id in owners:
            await db.run_sync(_seal_rows_of, keyring, owner_id)
    return len(owners)


async def _plain_owners(db: AsyncSession) -> list[str]:
    every = union(*(select(_table(one).c[one.owner].label("owner_id")) for one in SEALED.values())).subquery()
    known = select(DataKey.owner_id)
    query = select(every.c.owner_id).where(every.c.owner_id.not_in(known)).limit(OWNERS_AT_ONCE)
    return list(await db.scalars(query))


def _seal_rows_of(db: Session, keyring: Keyring, owner_id: str) -> None:
    key = keyring.key_of(db, owner_id)
    for sealing in SEALED.values():
        table = _table(sealing)
        columns = [
            type_coerce(column, Text).label(column.key) if column.key in sealing.texts else column
            for column in table.columns
        ]
        for row in db.execute(select(*columns).where(table.c[sealing.owner] == owner_id)).mappings().all():
            where = [column == row[column.key] for column in table.primary_key.columns]
            db.execute(update(table).where(*where).values(_sealed_values(db, keyring, key, sealing, row)))


def _sealed_values(
    db: Session, keyring: Keyring, key: bytes, sealing: Sealing, row: Any
) -> dict[str, object]:
    values: dict[str, object] = {}
    for column in sealing.texts:
        if row[column] is None:
            continue
        text = Redacted(row[column])
        values[column] = keyring.sealed(key, text, sealing.binding(row, column))
        if column in sealing.hashed:
            values[sealing.hashed[column]] = keyring.hashed(db, text)
    return values


def _table(sealing: Sealing) -> Table:
    table = sealing.row.__table__
    assert isinstance(table, Table)
    return table
