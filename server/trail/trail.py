"""Writing the audit trail: an entry in the same transaction as the act it tells of.

Owns: the head row, whose lock puts all writers in one line, and adding entries behind it. Must never commit: if
the caller's transaction fails, the entry goes with it and the chain has no gap. Nothing here updates or deletes
an entry; the database itself refuses that (triggers of migration 0003).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aiohttp import web
from msgspec.structs import asdict
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.trail import chain
from server.trail.entry import Entry, Written
from server.trail.tables import AuditEntry, AuditHead

HEAD_ID = 1


class Trail:
    """The one audit trail of this database. ``clock`` gives UTC seconds as `time.time` does."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    async def record(self, db: AsyncSession, entry: Entry) -> int:
        """Add one entry in the caller's transaction; gives its sequence number.

        Call it last: from here to the commit no other writer gets on. What the session still holds back is
        written first, so that two writers never wait for each other.
        """
        return (await self.record_all(db, [entry]))[-1].sequence

    async def record_all(self, db: AsyncSession, entries: Sequence[Entry]) -> list[Written]:
        """Add several entries, in their order, in the caller's transaction."""
        if not entries:
            return []
        await db.flush()
        # One statement takes the lock and reads what the last holder of it has left, on both databases and at
        # any isolation; a SELECT first would read a head that another writer is just moving.
        taken = await db.execute(
            update(AuditHead)
            .where(AuditHead.id == HEAD_ID)
            .values(sequence=AuditHead.sequence + len(entries))
            .returning(AuditHead.sequence, AuditHead.hash)
            .execution_options(synchronize_session=False)
        )
        last, previous_hash = taken.one()
        at_ms = int(self._clock() * 1000)
        written: list[Written] = []
        for sequence, entry in enumerate(entries, start=last - len(entries) + 1):
            one = chain.append(entry, sequence=sequence, at_ms=at_ms, previous_hash=previous_hash)
            written.append(one)
            previous_hash = one.hash
        await db.execute(insert(AuditEntry), [asdict(one) for one in written])
        await db.execute(
            update(AuditHead)
            .where(AuditHead.id == HEAD_ID)
            .values(hash=previous_hash)
            .execution_options(synchronize_session=False)
        )
        return written


TRAIL = web.AppKey("trail", Trail)
