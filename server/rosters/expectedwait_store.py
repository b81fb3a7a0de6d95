"""Reads what the expected wait of a case rests on: recent waits, and the roster.

Owns: the queries, and which past waits count. Must never estimate: that is waitingtime.py and week.py.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.tables import CaseFile, Consultation
from server.cases.vocabulary import Kind
from server.rosters.expectedwait import ExpectedWait
from server.rosters.tables import RosterException, RosterSlot
from server.rosters.waitingtime import HISTORY_S, Wait, estimate
from server.rosters.week import (
    Change,
    Slot,
    expected,
    next_expected,
)
from signaling.messages import ConsultationState

# Four weeks of a busy national service; more would only make the estimate slower.
HISTORY_MAX = 5_000


async def expected_wait_of(db: AsyncSession, specialty: str, now: float) -> ExpectedWait:
    """For a case of this specialty that waits from now on.

    "": none was asked for; the history is then that of such cases, and any clinician on the roster counts.
    """
    history = (
        select(Consultation.requested_at, Consultation.accepted_at, Consultation.closed_at)
        .join(CaseFile, CaseFile.id == Consultation.id)
        .where(
            CaseFile.specialty == specialty,
            # One more survivor-safe case must not show in what other stations are told.
            CaseFile.kind == Kind.ORDINARY.value,
            Consultation.requested_at >= now - HISTORY_S,
            or_(
                Consultation.accepted_at.is_not(None),
                Consultation.state == ConsultationState.CANCELLED.value,
            ),
        )
        .order_by(Consultation.requested_at.desc())
        .limit(HISTORY_MAX)
    )
    waits = []
    for asked, answered, closed in await db.execute(history):
        ended = closed if answered is None else answered
        if ended is not None:
            waits.append(Wait(asked, ended, answered is not None))
    found = estimate(waits, now)
    slots, changes = await roster(db, now)
    return ExpectedWait(
        median_s=found.median_s if found else None,
        low_s=found.low_s if found else None,
        high_s=found.high_s if found else None,
        next_at=now
        if expected(slots, changes, now, specialty)
        else next_expected(slots, changes, now, specialty),
    )


async def roster(db: AsyncSession, now: float) -> tuple[list[Slot], list[Change]]:
    """The weekly slots, and the exceptions that are not over yet."""
    slots = [
        Slot(row.clinician_id, row.specialty, row.weekday, row.start_minute, row.minutes)
        for row in await db.scalars(select(RosterSlot))
    ]
    changes = [
        Change(row.clinician_id, row.on_duty, row.starts_at, row.ends_at)
        for row in await db.scalars(select(RosterException).where(RosterException.ends_at > now))
    ]
    return slots, changes
