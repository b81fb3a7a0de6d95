"""Reads the trail from the database, a page at a time.

Owns: the queries of verification and export. Must never hold more than one page, nor a transaction across pages:
entries never change, so that separate transactions give consistent pages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlalchemy import func, select

from server.platform.database.engine import DbSessions
from server.trail.entry import Written
from server.trail.tables import AuditEntry, AuditHead
from server.trail.trail import HEAD_ID

# About 5 MB of rows; larger pages are not faster.
PAGE_ROWS = 5000

_COLUMNS = [getattr(AuditEntry, name) for name in Written.__struct_fields__]


async def head_of(database: DbSessions) -> tuple[int, str] | None:
    """Sequence and hash of the head row; None if it is missing."""
    async with database() as db:
        found = await db.execute(select(AuditHead.sequence, AuditHead.hash).where(AuditHead.id == HEAD_ID))
        row = found.one_or_none()
    return (row[0], row[1]) if row is not None else None


async def count_of(database: DbSessions) -> int:
    """The number of entries."""
    async with database() as db:
        return int(await db.scalar(select(func.count()).select_from(AuditEntry)) or 0)


async def pages(
    database: DbSessions, *, after: int = 0, rows: int = PAGE_ROWS
) -> AsyncIterator[list[Written]]:
    """Every entry after the number ``after`` in the order of the chain, a page at a time."""
    while True:
        query = select(*_COLUMNS).where(AuditEntry.sequence > after).order_by(AuditEntry.sequence).limit(rows)
        async with database() as db:
            page = [Written(*row) for row in await db.execute(query)]
        if not page:
            return
        yield page
        after = page[-1].sequence
