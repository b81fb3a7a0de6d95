"""Hashes anew what an earlier version hashed exactly as it was typed: "N'Diaye" is now found as "n’diaye" too.

Owns: that one pass, before anything is served. A row that is hashed twice has the same hash: a pass that was killed
begins again. Must never hash what was erased.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import inspect, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.platform.database.engine import DbSessions
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.sealedrows import SEALED, Sealing
from server.platform.sealing.tables import SealingState

# Rows in one transaction, as when they are sealed.
ROWS_AT_ONCE = 50


async def hash_anew(database: DbSessions, keyring: Keyring, clock: Callable[[], float]) -> None:
    """Hash every text that is found by its hash, unless that was done."""
    async with database() as db:
        if await db.scalar(select(SealingState.folded_at)) is not None:
            return
    for sealing in SEALED.values():
        for text, hashed in sealing.hashed.items():
            last: str | None = ""
            while last is not None:
                async with database.begin() as db:
                    last = await _hash_some(db, keyring, sealing, text, hashed, after=last)
    async with database.begin() as db:
        await db.execute(update(SealingState).values(folded_at=clock()))


async def _hash_some(
    db: AsyncSession, keyring: Keyring, sealing: Sealing, text: str, hashed: str, *, after: str
) -> str | None:
    """Some rows after this one; gives the last of them. None: there are no more."""
    (key,) = inspect(sealing.row).primary_key
    is_found = getattr(sealing.row, hashed) != ""
    query = select(sealing.row, key).where(key > after, is_found).order_by(key).limit(ROWS_AT_ONCE)
    found = (await db.execute(query.with_for_update())).all()
    for row, _ in found:
        setattr(row, hashed, await keyring.hash_of(db, getattr(row, text)))
    return str(found[-1][1]) if found else None
