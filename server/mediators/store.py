"""Mediations on disk: the invitation, the pledge, the coming and going, the record afterwards.

Owns: the tables of mediations, each change with its entry on the trail. Must never hold what was said: a mediation
is who, when, which language, and which of a few blockages were met.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.circle.participants import let_in, takes_part
from server.cases.kinds import is_discreet
from server.cases.tables import CaseFile
from server.consents import Consents, ConsentScope, as_refusal
from server.mediators.tables import Mediation, MediationBlockage, MediationReport
from server.mediators.vocabulary import PLEDGE_LANGUAGES, PLEDGES, Blockage
from server.people.principal import Principal
from server.people.profile import Spoken
from server.people.tables import Account
from server.platform.database.engine import DbSessions
from server.platform.ids import new_id
from server.trail.acts import Act, System
from server.trail.entry import Entry, Fact, Ref
from server.trail.trail import Trail
from signaling.errors import Refused
from signaling.messages import MediationState, RemovalReason, Role

# What became of an invitation that nobody joined on.
UNJOINED = {
    MediationState.DECLINED: Act.MEDIATOR_DECLINED,
    MediationState.EXPIRED: Act.MEDIATOR_NOT_ANSWERING,
}


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation as it was written. ``language``: the patient's; both are all a mediator is told."""

    mediation_id: str
    mediator_name: str
    language: str
    discreet: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """A mediator who is in a case, as found after a restart.

    ``may_stay``: the account is a mediator's, and the part in the case has not ended: its agreement stands.
    """

    mediation_id: str
    case_id: str
    mediator_id: str
    name: str
    may_stay: bool


class Mediations:
    """All mediations. ``clock`` gives UTC seconds."""

    def __init__(
        self, database: DbSessions, trail: Trail, consents: Consents, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._trail = trail
        self._consents = consents
        self._clock = clock

    async def invite(self, who: Principal, case_id: str, mediator_id: str) -> Invited:
        """Write an invitation. Raises Refused: no such mediator, or a patient who has not agreed to one."""
        async with self._database.begin() as db:
            case = await db.get(CaseFile, case_id)
            mediator = await _mediator(db, mediator_id)
            if case is None:
                raise Refused("unknown_mediator")
            await self._must_be_agreed(db, case_id)
            row = Mediation(
                id=new_id("md"),
                case_id=case_id,
                mediator_id=mediator_id,
                invited_by=who.participant_id,
                invited_at=self._clock(),
                state=MediationState.INVITED.value,
            )
            db.add(row)
            entry = Entry(Act.MEDIATOR_INVITED, who.participant_id, who.role, case_id, mediator_id)
            await self._trail.record(db, entry)
            return Invited(row.id, mediator.name, case.language, is_discreet(case.kind))

    async def name_of(self, mediator_id: str) -> str:
        """Whom the patient is asked about. Raises Refused: no such mediator."""
        async with self._database() as db:
            return (await _mediator(db, mediator_id)).name

    async def agreement_taken_back(self, who: Principal, case_id: str) -> None:
        """The patient wants no mediator any more: the next one is asked for anew."""
        async with self._database.begin() as db:
            await self._consents.withdraw(
                db, case_id, ConsentScope.THIRD_PERSON, by=who.participant_id, role=who.role
            )

    async def join(self, who: Principal, mediation_id: str, pledge: str, language: str) -> None:
        """The pledge, and with it the right to come in. Raises Refused without one."""
        if pledge not in PLEDGES or language not in PLEDGE_LANGUAGES:
            raise Refused("pledge_missing")
        async with self._database.begin() as db:
            row = await self._own(db, who, mediation_id, MediationState.INVITED)
            await self._must_be_agreed(db, row.case_id)
            now = self._clock()
            row.state = MediationState.JOINED.value
            row.pledge_text_id, row.pledge_language, row.joined_at = pledge, language, now
            await let_in(db, row.case_id, who.participant_id, who.role, now, recipient="")
            facts: dict[str, Fact] = {"pledge": Ref(pledge), "language": Spoken(language)}
            entry = Entry(Act.MEDIATOR_JOINED, who.participant_id, who.role, row.case_id, row.id, facts)
            await self._trail.record(db, entry)

    async def not_joined(self, mediation_id: str, state: MediationState) -> None:
        """Declined, or not answered in time."""
        async with self._database.begin() as db:
            row = await db.get(Mediation, mediation_id, with_for_update=True)
            if row is None or row.state != MediationState.INVITED.value:
                return
            row.state = state.value
            entry = Entry(UNJOINED[state], row.mediator_id, Role.MEDIATOR, row.case_id, row.id)
            await self._trail.record(db, entry)

    async def ended(self, mediation_id: str, removed: tuple[Principal, RemovalReason] | None = None) -> None:
        """A mediator is out: gone, or sent out by somebody and why. Saying it twice is saying it once."""
        async with self._database.begin() as db:
            row = await db.get(Mediation, mediation_id, with_for_update=True)
            if row is None or row.state != MediationState.JOINED.value:
                return
            row.left_at = self._clock()
            row.state = (MediationState.LEFT if removed is None else MediationState.REMOVED).value
            if removed is None:
                entry = Entry(Act.MEDIATOR_LEFT, row.mediator_id, Role.MEDIATOR, row.case_id, row.id)
            else:
                who, why = removed
                entry = Entry(
                    Act.MEDIATOR_REMOVED, who.participant_id, who.role, row.case_id, row.id, {"why": why}
                )
            await self._trail.record(db, entry)

    async def report(
        self, who: Principal, mediation_id: str, *, language: Spoken, minutes: int, met: Collection[Blockage]
    ) -> None:
        """The record that a mediator leaves, once. Raises Refused for somebody else's, or a second one."""
        async with self._database.begin() as db:
            row = await self._own(
                db,
                who,
                mediation_id,
                MediationState.JOINED,
                MediationState.LEFT,
                MediationState.REMOVED,
            )
            if await db.get(MediationReport, mediation_id) is not None:
                raise Refused("already_reported")
            db.add(
                MediationReport(
                    mediation_id=mediation_id,
                    language=language.value,
                    minutes=minutes,
                    reported_at=self._clock(),
                )
            )
            await db.flush()
            db.add_all(MediationBlockage(mediation_id=mediation_id, blockage=one.value) for one in set(met))
            facts: dict[str, Fact] = {"language": language, "minutes": minutes, "blockages": len(set(met))}
            entry = Entry(Act.MEDIATION_REPORTED, who.participant_id, who.role, row.case_id, row.id, facts)
            await self._trail.record(db, entry)

    async def unreported(self, who: Principal) -> list[tuple[Mediation, str]]:
        """One's own mediations that are over and not accounted for, oldest first, with the patient's language."""
        over = (MediationState.LEFT.value, MediationState.REMOVED.value)
        query = (
            select(Mediation, CaseFile.language)
            .join(CaseFile, CaseFile.id == Mediation.case_id)
            .outerjoin(MediationReport, MediationReport.mediation_id == Mediation.id)
            .where(
                Mediation.mediator_id == who.participant_id,
                Mediation.state.in_(over),
                MediationReport.mediation_id.is_(None),
            )
            .order_by(Mediation.invited_at)
        )
        async with self._database() as db:
            return [(row, language) for row, language in await db.execute(query)]

    async def restart(self) -> list[Joined]:
        """After a restart: nobody answers an old invitation any more; gives who was in a case."""
        async with self._database.begin() as db:
            waiting = (
                await db.scalars(select(Mediation).where(Mediation.state == MediationState.INVITED.value))
            ).all()
            for row in waiting:
                row.state = MediationState.EXPIRED.value
            entries = [
                Entry(Act.MEDIATOR_NOT_ANSWERING, System.SERVER, System.SERVER, row.case_id, row.id)
                for row in waiting
            ]
            await self._trail.record_all(db, entries)
            joined = await db.execute(
                select(Mediation, Account)
                .join(Account, Account.id == Mediation.mediator_id)
                .where(Mediation.state == MediationState.JOINED.value)
            )
            return [
                Joined(row.id, row.case_id, row.mediator_id, account.name, await _may_stay(db, row, account))
                for row, account in joined.all()
            ]

    async def _own(
        self, db: AsyncSession, who: Principal, mediation_id: str, *states: MediationState
    ) -> Mediation:
        row = await db.get(Mediation, mediation_id, with_for_update=True)
        if row is None or row.mediator_id != who.participant_id or MediationState(row.state) not in states:
            raise Refused("invitation_over")
        return row

    async def _must_be_agreed(self, db: AsyncSession, case_id: str) -> None:
        """Nobody but the two who talk hears a patient who has not said yes to it. Raises Refused."""
        with as_refusal():
            await self._consents.require(db, case_id, ConsentScope.THIRD_PERSON)


async def _may_stay(db: AsyncSession, row: Mediation, account: Account) -> bool:
    if account.disabled or account.role != Role.MEDIATOR.value:
        return False
    return await takes_part(db, row.case_id, row.mediator_id)


MEDIATIONS = web.AppKey("mediations", Mediations)


async def _mediator(db: AsyncSession, mediator_id: str) -> Account:
    found = await db.get(Account, mediator_id)
    if found is None or found.disabled or found.role != Role.MEDIATOR.value:
        raise Refused("unknown_mediator")
    return found
