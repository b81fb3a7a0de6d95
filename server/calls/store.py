"""Consultations on disk: the store behind the desk.

Owns: writing a record, its history, its case and the trail of the act in one transaction, and reading back what is
still open. `save` returns only when the database has it for good; nobody may be told of a state that is not saved.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.calls.callmeter import CallUse
from server.calls.tables import CallLeg, ConsultationEvent
from server.cases.kinds import is_discreet
from server.cases.referrals import TRANSFER
from server.cases.tables import CaseFile, CaseParticipant, CaseRoute, Consultation, Referral
from server.cases.vocabulary import Kind
from server.consents import Consents, ConsentScope, as_refusal
from server.people.principal import Principal
from server.people.profile import Specialty
from server.people.tables import Account, AccountLanguage, AccountSpecialty, Site, Station
from server.platform.database.engine import DbSessions
from server.platform.redacted import Redacted
from server.rosters.expectedwait import ExpectedWait
from server.rosters.expectedwait_store import expected_wait_of
from server.trail.acts import Act, System
from server.trail.entry import Entry, Fact
from server.trail.trail import Trail
from signaling.consultation import ConsultationRecord
from signaling.errors import Refused
from signaling.messages import ConsultationState, Urgency
from signaling.routing import NO_WISHES, OfferWidth, Skills, Wishes
from signaling.states import ATTENDED, FINAL, WAITING

ESCALATION = "escalation"

# What people did; that links came and went is history, but no act.
ACTS = {
    ConsultationState.ACCEPTED: Act.CONSULTATION_ACCEPTED,
    ConsultationState.CLOSED: Act.CONSULTATION_CLOSED,
    ConsultationState.CANCELLED: Act.CONSULTATION_CANCELLED,
}


class DatabaseConsultationStore:
    """The store on SQLAlchemy. ``clock`` gives UTC seconds as `time.time` does."""

    def __init__(
        self, database: DbSessions, trail: Trail, clock: Callable[[], float], *, price_per_gb: int = 0
    ) -> None:
        """``price_per_gb``: what a gigabyte costs the sites now; 0 is not known."""
        self._price_per_gb = price_per_gb
        self._database = database
        self._trail = trail
        self._consents = Consents(trail, clock)
        self._clock = clock

    async def save(self, record: ConsultationRecord, by: Principal | None = None) -> None:
        """Write the consultation as it is now, one line of its history, and who did it (None: the server)."""
        async with self._database.begin() as db:
            before = await db.get(Consultation, record.consultation_id, with_for_update=True)
            is_new = before is None
            if before is not None and _taken_by_another(before, record):
                raise Refused("already_taken")
            await self._must_have_consent(db, record, is_new=is_new)
            await db.merge(_row(record))
            handed_over = await _keep_case(db, record)
            await db.flush()
            now = self._clock()
            if record.clinician_id is not None:
                await _let_in(db, record.consultation_id, record.clinician_id, now)
            db.add(
                ConsultationEvent(
                    consultation_id=record.consultation_id,
                    state=record.state.value,
                    clinician_id=record.clinician_id,
                    at=now,
                )
            )
            act = ACTS.get(record.state)
            if record.state in WAITING:
                act = Act.CONSULTATION_REQUESTED if is_new else Act.CONSULTATION_RELEASED
            if handed_over:
                act = Act.CASE_TRANSFERRED
            if act is not None:
                await self._trail.record(
                    db, _entry(act, by, record.consultation_id, {"urgency": record.urgency})
                )

    async def _must_have_consent(self, db: AsyncSession, record: ConsultationRecord, *, is_new: bool) -> None:
        """Raises Refused. The row of the answer stays locked to the commit: a withdrawal comes before or after.

        Nobody takes a patient, so that no room opens, without a yes. A case of the form needs it before it
        waits; a hurried request has nothing to hang an answer on until it waits, and is asked meanwhile.
        """
        asks = record.state in WAITING and is_new
        if not asks and record.state is not ConsultationState.ACCEPTED:
            return
        if asks and await db.get(CaseFile, record.consultation_id) is None:
            return
        sent = await db.scalar(select(Referral).where(Referral.new_case_id == record.consultation_id))
        with as_refusal():
            await self._consents.require(db, record.consultation_id, ConsentScope.TELECONSULTATION)
            if sent is not None:
                # The letter in it may be read by this recipient only as long as the patient agrees.
                await self._consents.require(
                    db, sent.case_id, ConsentScope.REFERRAL, recipient=sent.recipient
                )

    async def load_open(self) -> list[ConsultationRecord]:
        """Every consultation that is neither closed nor cancelled, longest waiting first."""
        query = (
            select(Consultation, CaseFile)
            .outerjoin(CaseFile, CaseFile.id == Consultation.id)
            .where(Consultation.state.not_in([state.value for state in FINAL]))
            .order_by(Consultation.requested_at, Consultation.id)
        )
        async with self._database() as db:
            rows = (await db.execute(query)).all()
            handed_over = await _handed_over(db, [row.id for row, _ in rows])
        return [
            dataclasses.replace(
                _record(row),
                wishes=wishes_of(case) if case is not None else NO_WISHES,
                routed_at=handed_over.get(row.id),
            )
            for row, case in rows
        ]

    async def case(self, case_id: str, station_id: str) -> tuple[Urgency, Wishes] | None:
        """Colour and wishes of a case of this station that has not been asked for yet."""
        async with self._database() as db:
            case = await db.get(CaseFile, case_id)
            if case is None or case.station_id != station_id:
                return None
            if await db.get(Consultation, case_id) is not None:
                return None
            return Urgency(case.urgency), wishes_of(case)

    async def usual_wishes(self, station_id: str) -> Wishes:
        """Where a request without a case goes: of a survivor-safe site, to nobody beyond one specialty."""
        query = select(Site.survivor_safe).join(Station, Station.site_id == Site.id)
        async with self._database() as db:
            discreet = bool(await db.scalar(query.where(Station.id == station_id)))
        return Wishes(specialty=Specialty.GENERAL.value, discreet=True) if discreet else NO_WISHES

    async def skills(self, clinician_id: str) -> Skills:
        """Specialties, languages and gender of an account."""
        async with self._database() as db:
            specialties = await db.scalars(
                select(AccountSpecialty.specialty).where(AccountSpecialty.account_id == clinician_id)
            )
            languages = await db.scalars(
                select(AccountLanguage.language).where(AccountLanguage.account_id == clinician_id)
            )
            gender = await db.scalar(select(Account.gender).where(Account.id == clinician_id))
            return Skills(frozenset(specialties), frozenset(languages), gender or "")

    async def expected_wait(self, record: ConsultationRecord) -> ExpectedWait:
        """How long people like this one waited lately, and who is on the roster next."""
        async with self._database() as db:
            return await expected_wait_of(db, record.wishes.specialty, self._clock())

    async def keep_use(self, use: CallUse) -> None:
        """Write one row, with the price of the day; of a survivor-safe case there is none to find."""
        async with self._database.begin() as db:
            case = await db.get(CaseFile, use.consultation_id)
            if case is not None and is_discreet(case.kind):
                return
            values = dataclasses.asdict(use)
            rungs = json.dumps(values.pop("rung_seconds"), separators=(",", ":"), sort_keys=True)
            db.add(CallLeg(**values, rung_seconds=rungs, price_per_gb=self._price_per_gb))

    async def escalated(self, record: ConsultationRecord, step: OfferWidth) -> None:
        """Write one step of an escalation, unless it was before a restart."""
        async with self._database.begin() as db:
            known = await db.scalar(
                select(func.max(CaseRoute.level)).where(
                    CaseRoute.case_id == record.consultation_id, CaseRoute.why == ESCALATION
                )
            )
            if known is not None and known >= step:
                return
            db.add(
                CaseRoute(
                    case_id=record.consultation_id,
                    why=ESCALATION,
                    level=int(step),
                    specialty=record.wishes.specialty,
                    at=self._clock(),
                )
            )
            facts = {"step": int(step)}
            await self._trail.record(db, _entry(Act.CASE_ESCALATED, None, record.consultation_id, facts))


def wishes_of(case: CaseFile) -> Wishes:
    """Where a case should go. With a mediator, the language is the mediator's matter."""
    return Wishes(
        specialty=case.specialty,
        language="" if case.mediator_wanted else case.language,
        gender=case.gender_wish,
        clinician_id=case.wanted_clinician_id,
        discreet=is_discreet(case.kind),
    )


def _entry(act: Act, by: Principal | None, consultation_id: str, facts: Mapping[str, Fact]) -> Entry:
    if by is None:
        return Entry(act, System.SERVER, System.SERVER, consultation_id, facts=facts)
    return Entry(act, by.participant_id, by.role, consultation_id, facts=facts)


def _taken_by_another(before: Consultation, record: ConsultationRecord) -> bool:
    """Whether somebody else has it on disk; the desk knows that first, but it is no other process's desk."""
    return (
        record.state is ConsultationState.ACCEPTED
        and ConsultationState(before.state) in ATTENDED
        and before.clinician_id not in (None, record.clinician_id)
    )


async def _keep_case(db: AsyncSession, record: ConsultationRecord) -> bool:
    """The case of a consultation: what a hurried request said, or, of one handed over, where it goes now.

    Says whether it was handed over now, to whomever: the same specialty too.
    """
    case = await db.get(CaseFile, record.consultation_id)
    if case is None:
        db.add(
            CaseFile(
                id=record.consultation_id,
                station_id=record.station_id,
                kind=(Kind.SURVIVOR_SAFE if record.wishes.discreet else Kind.ORDINARY).value,
                opened_at=record.requested_at,
                patient_ref=Redacted(""),
                age_band="",
                sex="",
                reason_code="",
                reason_text=Redacted(record.reason),
                red_flags="",
                urgency=record.urgency.value,
                language=record.wishes.language,
                gender_wish=record.wishes.gender,
                mediator_wanted=False,
                specialty=record.wishes.specialty,
                wanted_clinician_id=record.wishes.clinician_id,
            )
        )
    elif (
        record.routed_at is not None and (await _handed_over(db, [case.id])).get(case.id) != record.routed_at
    ):
        case.specialty = record.wishes.specialty
        case.wanted_clinician_id = record.wishes.clinician_id
        db.add(
            CaseRoute(
                case_id=case.id,
                why=TRANSFER,
                level=0,
                specialty=case.specialty,
                clinician_id=case.wanted_clinician_id,
                at=record.routed_at,
            )
        )
        return True
    return False


async def _let_in(db: AsyncSession, case_id: str, account_id: str, now: float) -> None:
    if await db.get(CaseParticipant, (case_id, account_id)) is None:
        db.add(CaseParticipant(case_id=case_id, account_id=account_id, role="clinician", since=now))


async def _handed_over(db: AsyncSession, case_ids: list[str]) -> dict[str, float]:
    """When each of these cases was last handed over."""
    query = (
        select(CaseRoute.case_id, func.max(CaseRoute.at))
        .where(CaseRoute.why == TRANSFER, CaseRoute.case_id.in_(case_ids))
        .group_by(CaseRoute.case_id)
    )
    rows = await db.execute(query)
    return {case_id: at for case_id, at in rows}  # noqa: C416 - dict() of rows loses their types


# Of a record, what stands in the row of its case.
OF_THE_CASE = frozenset({"wishes", "routed_at"})


def _row(record: ConsultationRecord) -> Consultation:
    values = {
        field.name: getattr(record, field.name)
        for field in dataclasses.fields(record)
        if field.name not in OF_THE_CASE
    }
    values["id"] = values.pop("consultation_id")
    values["state"] = record.state.value
    values["urgency"] = record.urgency.value
    return Consultation(**values)


def _record(row: Consultation) -> ConsultationRecord:
    return ConsultationRecord(
        consultation_id=row.id,
        station_id=row.station_id,
        station_name=row.station_name,
        site=row.site,
        urgency=Urgency(row.urgency),
        reason=row.reason,
        state=ConsultationState(row.state),
        requested_at=row.requested_at,
        clinician_id=row.clinician_id,
        clinician_name=row.clinician_name,
        accepted_at=row.accepted_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )
