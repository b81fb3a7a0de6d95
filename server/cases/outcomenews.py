"""Grave outcomes, on their way to the clinicians who treated the patient.

Owns: whom a grave outcome is told at once, and which of them a clinician has not read the case of since. Must never
tell anybody who has no part in the case.
"""

from __future__ import annotations

import msgspec
from aiohttp import web
from sqlalchemy import BigInteger, cast, exists, select

from server.cases.circle.participants import takes_part_in
from server.cases.desk_port import DeskPort
from server.cases.kinds import is_discreet
from server.cases.tables import CaseFile, CaseOutcome, CaseParticipant
from server.cases.vocabulary import GRAVE, Outcome
from server.people.principal import Principal
from server.people.tables import Site, Station
from server.platform.database.engine import DbSessions
from server.trail.acts import Act
from server.trail.tables import AuditEntry
from signaling import messages as wire
from signaling.messages import Role

NEWS_MAX = 20


class News(msgspec.Struct, frozen=True):
    """One case with a grave outcome; ``site`` is empty for a survivor-safe one."""

    consultation_id: str
    outcome: str
    site: str

    def __repr__(self) -> str:
        """Without the outcome, which is the patient's."""
        return f"<News {self.consultation_id}>"


class OutcomeNews:
    """Tells, and remembers by the trail who has read a case since."""

    def __init__(self, database: DbSessions, desk: DeskPort) -> None:
        self._database = database
        self._desk = desk

    async def tell(self, case_id: str, outcome: Outcome) -> None:
        """An outcome is on disk: whoever treated this patient hears of a grave one now."""
        if outcome not in GRAVE:
            return
        async with self._database() as db:
            case = await db.get_one(CaseFile, case_id)
            query = select(Site.name).join(Station, Station.site_id == Site.id)
            site = (await db.scalars(query.where(Station.id == case.station_id))).one()
            clinicians = await db.scalars(
                select(CaseParticipant.account_id).where(
                    CaseParticipant.case_id == case_id,
                    CaseParticipant.role == Role.CLINICIAN.value,
                    CaseParticipant.ended_at.is_(None),
                )
            )
            told = wire.CaseNews(
                consultation_id=case_id, outcome=outcome.value, site="" if is_discreet(case.kind) else site
            )
            for clinician_id in clinicians:
                self._desk.tell_news(clinician_id, told)

    async def unread(self, who: Principal) -> list[News]:
        """The grave outcomes of this clinician's cases that came after the case was last read, newest first."""
        read_since = exists().where(
            AuditEntry.act == Act.CASE_READ.value,
            AuditEntry.actor_id == who.participant_id,
            AuditEntry.consultation_id == CaseOutcome.case_id,
            AuditEntry.at_ms >= cast(CaseOutcome.reported_at * 1000, BigInteger),
        )
        query = (
            select(CaseFile, CaseOutcome, Site.name)
            .join(CaseOutcome, CaseOutcome.case_id == CaseFile.id)
            .join(Station, Station.id == CaseFile.station_id)
            .join(Site, Site.id == Station.site_id)
            .where(
                takes_part_in(who.participant_id),
                CaseOutcome.outcome.in_([one.value for one in GRAVE]),
                ~read_since,
            )
            .order_by(CaseOutcome.id.desc())
            .limit(NEWS_MAX)
        )
        async with self._database() as db:
            rows = (await db.execute(query)).all()
        return [
            News(case.id, outcome.outcome, "" if is_discreet(case.kind) else site)
            for case, outcome, site in rows
        ]


OUTCOME_NEWS = web.AppKey("outcome_news", OutcomeNews)
