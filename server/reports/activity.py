"""The activity report of a period: consultations by specialty, their waiting times and their cost.

Owns: the queries, and the counts from their rows. Reads no clinical column. Survivor-safe cases must never be in
the rows or totals of the other cases: they are counted by whole months that are over, over all sites, with small
cells hidden (smallcells.py).
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.calls.tables import CallLeg, ConsultationEvent
from server.cases.tables import CaseFile, Consultation
from server.cases.vocabulary import Kind
from server.people.profile import Specialty
from server.people.tables import Station
from server.reports.monthrow import MonthRow, month_row
from server.reports.period import Period
from server.reports.rows import in_pieces
from signaling.messages import ConsultationState
from signaling.states import FINAL

MB_BYTES = 1_000_000
GB_BYTES = 1_000_000_000


class ActivityRow(msgspec.Struct, frozen=True):
    """One specialty ("": none was chosen). ``completed``: a clinician answered, a person closed it while the call
    was connected; ``dropped``: closed while interrupted, or cancelled after a clinician had accepted;
    ``unanswered``: cancelled before any clinician accepted. ``mb`` and ``cost`` cover the stations' links only,
    which the sites pay for.
    """

    specialty: str
    consultations: int
    completed: int
    dropped: int
    unanswered: int
    open: int
    wait_median_s: int | None
    wait_p90_s: int | None
    mb: float
    cost: float


class Activity(msgspec.Struct, frozen=True):
    """The report; ``total`` covers all specialties without survivor-safe cases."""

    rows: list[ActivityRow]
    total: ActivityRow
    survivors: list[MonthRow]


@dataclass
class _Tally:
    states: Counter[str] = field(default_factory=Counter)
    waits_s: list[float] = field(default_factory=list)
    bytes: int = 0
    cost: float = 0.0

    def add(self, other: _Tally) -> None:
        self.states += other.states
        self.waits_s += other.waits_s
        self.bytes += other.bytes
        self.cost += other.cost

    def row(self, specialty: str) -> ActivityRow:
        waits = sorted(self.waits_s)
        return ActivityRow(
            specialty=specialty,
            consultations=self.states.total(),
            completed=self.states["completed"],
            dropped=self.states["dropped"],
            unanswered=self.states["unanswered"],
            open=self.states["open"],
            wait_median_s=int(statistics.median(waits)) if waits else None,
            wait_p90_s=int(waits[(len(waits) * 9 - 1) // 10]) if waits else None,
            mb=round(self.bytes / MB_BYTES, 1),
            cost=round(self.cost, 1),
        )


async def activity(db: AsyncSession, period: Period, site_id: str | None, now: float) -> Activity:
    """The report of a period, for one site or for all sites (None)."""
    dropped = await _dropped(db, period)
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    found = _of(period, site_id).add_columns(
        CaseFile.specialty,
        Consultation.id,
        Consultation.state,
        Consultation.requested_at,
        Consultation.accepted_at,
    )
    async for piece in in_pieces(db, found):
        for specialty, consultation_id, state, asked, taken in piece:
            tally = tallies[specialty]
            tally.states[_outcome(state, taken, was_dropped=consultation_id in dropped)] += 1
            if taken is not None:
                tally.waits_s.append(max(0.0, taken - asked))
    size = CallLeg.down_bytes + CallLeg.up_bytes
    used = (
        _of(period, site_id)
        .join(
            CallLeg,
            (CallLeg.consultation_id == Consultation.id)
            & (CallLeg.participant_id == Consultation.station_id),
        )
        .add_columns(CaseFile.specialty, func.sum(size), func.sum(size * CallLeg.price_per_gb))
        .group_by(CaseFile.specialty)
    )
    for specialty, size_bytes, price_bytes in await db.execute(used):
        tallies[specialty].bytes = int(size_bytes)
        tallies[specialty].cost = float(price_bytes) / GB_BYTES
    whole = _Tally()
    for tally in tallies.values():
        whole.add(tally)
    return Activity(
        rows=[tallies[specialty].row(specialty) for specialty in sorted(tallies)],
        total=whole.row(""),
        survivors=[await _survivors(db, *month) for month in period.months(now)],
    )


def _of(period: Period, site_id: str | None) -> Select[()]:
    """Consultations requested in the period, without survivor-safe cases and group sessions."""
    query = (
        select()
        .select_from(Consultation)
        .join(CaseFile, CaseFile.id == Consultation.id)
        .where(
            Consultation.requested_at >= period.begins_at,
            Consultation.requested_at < period.ends_at,
            CaseFile.kind == Kind.ORDINARY.value,
        )
    )
    if site_id is not None:
        query = query.join(Station, Station.id == Consultation.station_id).where(Station.site_id == site_id)
    return query


async def _dropped(db: AsyncSession, period: Period) -> set[str]:
    """Consultations closed while interrupted, or cancelled after a clinician had accepted."""

    def ended(state: ConsultationState) -> tuple[ColumnElement[bool], ...]:
        return (
            Consultation.requested_at >= period.begins_at,
            Consultation.requested_at < period.ends_at,
            Consultation.state == state.value,
        )

    of_it = ConsultationEvent.consultation_id == Consultation.id
    last = (
        select(func.max(ConsultationEvent.id))
        .join(Consultation, of_it)
        .where(*ended(ConsultationState.CLOSED), ConsultationEvent.state != ConsultationState.CLOSED.value)
        .group_by(ConsultationEvent.consultation_id)
    )
    interrupted = select(ConsultationEvent.consultation_id).where(
        ConsultationEvent.id.in_(last), ConsultationEvent.state == ConsultationState.INTERRUPTED.value
    )
    taken_before = (
        select(ConsultationEvent.consultation_id)
        .join(Consultation, of_it)
        .where(
            *ended(ConsultationState.CANCELLED), ConsultationEvent.state == ConsultationState.ACCEPTED.value
        )
    )
    return {*await db.scalars(interrupted), *await db.scalars(taken_before)}


def _outcome(state: str, accepted_at: float | None, *, was_dropped: bool) -> str:
    if ConsultationState(state) not in FINAL:
        return "open"
    if was_dropped:
        return "dropped"
    return "unanswered" if accepted_at is None else "completed"


async def _survivors(db: AsyncSession, month: str, begins_at: float, ends_at: float) -> MonthRow:
    query = (
        select(CaseFile.specialty, func.count())
        .where(
            CaseFile.kind == Kind.SURVIVOR_SAFE.value,
            CaseFile.opened_at >= begins_at,
            CaseFile.opened_at < ends_at,
        )
        .group_by(CaseFile.specialty)
    )
    return month_row(month, await db.execute(query), list(Specialty))
