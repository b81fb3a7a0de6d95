"""The lists of cases that stations and clinicians have: their own, and no others.

Owns: the three queries. A station finds a patient by the whole reference, however it is typed, by its keyed hash;
nothing is found by a part of it. A locked station finds no older case.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.circle.participants import takes_part_in
from server.cases.kinds import is_discreet
from server.cases.reading.leaves import OPEN
from server.cases.reading.views import CaseLine
from server.cases.tables import CaseFile, CaseNote, CaseOutcome, Consultation
from server.cases.vocabulary import Kind
from server.consents import ConsentScope
from server.consents.tables import Consent
from server.people.principal import Principal
from server.people.tables import Site, Station
from server.platform.database.engine import DbSessions
from server.platform.redacted import Redacted
from server.platform.sealing.keyring import Keyring
from server.trail.acts import Act
from server.trail.entry import Entry
from server.trail.trail import Trail
from signaling.messages import ConsultationState, Role

# What somebody looks for without a reference is of these days; two weeks bring a patient back for a control.
RECENT_S = 14 * 24 * 3600
LINES_MAX = 100


class CaseLists:
    """Lists. ``clock`` gives UTC seconds."""

    def __init__(
        self, database: DbSessions, trail: Trail, clock: Callable[[], float], keyring: Keyring
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._trail = trail
        self._clock = clock

    async def recent(self, who: Principal) -> list[CaseLine]:
        """The cases of these two weeks that this station opened, or that this clinician took on.

        Also older ones whose outcome was told since: that is how a clinician hears of it.
        """
        start = self._clock() - RECENT_S
        told = exists().where(CaseOutcome.case_id == CaseFile.id, CaseOutcome.reported_at >= start)
        since = or_(CaseFile.opened_at >= start, told)
        if who.role is Role.STATION:
            # A kiosk's list is read by whoever stands before it: a survivor is found by the alias, or not at all.
            since = and_(since, CaseFile.kind != Kind.SURVIVOR_SAFE.value)
        return await self._lines(who, since)

    async def of_patient(self, who: Principal, patient_ref: str) -> list[CaseLine]:
        """The cases of one patient at this station."""
        async with self._database.begin() as db:
            wanted = await self._keyring.hash_of(db, Redacted(patient_ref))
        if not wanted:
            return []
        return await self._lines(who, CaseFile.patient_ref_hash == wanted)

    async def owed(self, who: Principal) -> list[CaseLine]:
        """The cases whose call this clinician has ended without an answer, however old.

        Handed on, a case is the next clinician's; without the patient's consent nobody owes an answer any more.
        """
        ended = and_(
            Consultation.state == ConsultationState.CLOSED.value,
            Consultation.clinician_id == who.participant_id,
        )
        answered = exists().where(CaseNote.case_id == CaseFile.id)
        withdrawn = exists().where(
            Consent.consultation_id == CaseFile.id,
            Consent.scope == ConsentScope.TELECONSULTATION.value,
            Consent.withdrawn_at.is_not(None),
        )
        return await self._lines(who, and_(ended, ~answered, ~withdrawn))

    async def _lines(self, who: Principal, wanted: ColumnElement[bool]) -> list[CaseLine]:
        async with self._database.begin() as db:
            known = and_(CaseFile.kind != Kind.GROUP_SEAT.value, CaseFile.erased_at.is_(None))
            query = (
                select(
                    CaseFile,
                    Consultation.state,
                    Site.name,
                    exists().where(CaseNote.case_id == CaseFile.id),
                )
                .join(Station, Station.id == CaseFile.station_id)
                .join(Site, Site.id == Station.site_id)
                .outerjoin(Consultation, Consultation.id == CaseFile.id)
                .where(_mine(who), known, wanted, CaseFile.opened_at >= who.reads_since)
                .order_by(CaseFile.opened_at.desc())
                .limit(LINES_MAX)
            )
            rows = (await db.execute(query)).all()
            outcomes = await _newest_outcomes(db, [case.id for case, _, _, _ in rows])
            entry = Entry(Act.CASES_LISTED, who.participant_id, who.role, facts={"count": len(rows)})
            await self._trail.record(db, entry)
        return [
            CaseLine(
                id=case.id,
                opened_at=case.opened_at,
                state=state or OPEN,
                urgency=case.urgency,
                reason_code="" if is_discreet(case.kind) else case.reason_code,
                patient_ref=case.patient_ref.reveal() if who.role is Role.STATION else "",
                site=site,
                answered=answered,
                outcome=outcomes[case.id].outcome if case.id in outcomes else "",
                outcome_at=outcomes[case.id].reported_at if case.id in outcomes else None,
            )
            for case, state, site, answered in rows
        ]


CASE_LISTS = web.AppKey("case_lists", CaseLists)


def _mine(who: Principal) -> ColumnElement[bool]:
    if who.role is Role.STATION:
        return CaseFile.station_id == who.participant_id
    return takes_part_in(who.participant_id)


async def _newest_outcomes(db: AsyncSession, case_ids: list[str]) -> dict[str, CaseOutcome]:
    query = select(CaseOutcome).where(CaseOutcome.case_id.in_(case_ids)).order_by(CaseOutcome.id)
    return {row.case_id: row for row in await db.scalars(query)}
