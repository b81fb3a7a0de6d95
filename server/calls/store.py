"""The store of the desk: consultations on disk.

Owns: writing a record, its history, its case and its trail entry in one transaction, and reading the open
consultations. `save` returns after the commit; the server must never tell anybody a state before that.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.calls.callmeter import CallUse
from server.calls.store_port import Ended
from server.calls.tables import CallLeg, ConsultationEvent, OnDuty
from server.cases.circle.agreements import TRANSFER, covering, is_clinician, is_over, may_hand_over
from server.cases.circle.participants import let_in, took_part
from server.cases.kinds import is_discreet
from server.cases.tables import CaseFile, CaseRoute, Consultation, Referral
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
from signaling.messages import ConsultationState, Role, Urgency
from signaling.routing import NO_WISHES, OfferWidth, Skills, Wishes
from signaling.states import ATTENDED, FINAL, WAITING

ESCALATION = "escalation"

# The acts of people for the trail. A change of a link is in the history, but is not an act.
ACTS = {
    ConsultationState.ACCEPTED: Act.CONSULTATION_ACCEPTED,
    ConsultationState.CLOSED: Act.CONSULTATION_CLOSED,
    ConsultationState.CANCELLED: Act.CONSULTATION_CANCELLED,
}


class DatabaseConsultationStore:
    """The store on SQLAlchemy. ``clock`` gives UTC seconds like `time.time`."""

    def __init__(
        self, database: DbSessions, trail: Trail, clock: Callable[[], float], *, price_per_gb: int = 0
    ) -> None:
        """``price_per_gb``: the current price of a gigabyte for the sites; 0: not known."""
        self._price_per_gb = price_per_gb
        self._database = database
        self._trail = trail
        self._consents = Consents(trail, clock)
        self._clock = clock

    async def save(self, record: ConsultationRecord, by: Principal | None = None) -> None:
        """Write the consultation, one line of its history and its trail entry; ``by`` None: the server acted."""
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
                await _let_in(db, record, record.clinician_id, now)
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
        """Raise Refused without the patient's consent. Its row stays locked until the commit, so that a withdrawal
        cannot come in between.

        A clinician may accept only with consent, so no room opens without it. A case from the form needs consent
        before it waits. A request without a case gets its case here, and the station asks for consent while it
        waits.
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
                # The recipient may read the letter of the referral only while the patient consents to that.
                await self._consents.require(
                    db, sent.case_id, ConsentScope.REFERRAL, recipient=sent.recipient
                )

    async def load_open(self) -> list[ConsultationRecord]:
        """Every consultation that is neither closed nor cancelled, oldest request first."""
        query = (
            select(Consultation, CaseFile)
            .outerjoin(CaseFile, CaseFile.id == Consultation.id)
            .where(Consultation.state.not_in([state.value for state in FINAL]))
            .order_by(Consultation.requested_at, Consultation.id)
        )
        async with self._database() as db:
            rows = (await db.execute(query)).all()
            handed_over = await _handed_over(db, [row.id for row, _ in rows])
            return [await self._found(db, row, case, handed_over.get(row.id)) for row, case in rows]

    async def _found(
        self, db: AsyncSession, row: Consultation, case: CaseFile | None, routed_at: float | None
    ) -> ConsultationRecord:
        """One consultation with its wishes, and by whom it was handed over to whom."""
        wishes = wishes_of(case) if case is not None else NO_WISHES
        if routed_at is None:
            return dataclasses.replace(_record(row), wishes=wishes)
        if wishes.clinician_id is not None:
            to = await db.get(Account, wishes.clinician_id)
            wishes = dataclasses.replace(wishes, clinician_name=to.name if to is not None else "")
        by = await db.scalar(_who_had_it(row.id, routed_at))
        return dataclasses.replace(_record(row), wishes=wishes, routed_at=routed_at, handed_over_by=by or "")

    async def ended_meanwhile(self, record: ConsultationRecord) -> Ended | None:
        """What ended of an open consultation, on disk already, when the process could not carry it out."""
        async with self._database() as db:
            case = await db.get(CaseFile, record.consultation_id)
            if case is not None and await is_over(db, case):
                return Ended.AGREEMENT
            if record.clinician_id is not None and not await is_clinician(db, record.clinician_id):
                return Ended.CLINICIAN
        return None

    async def case(self, case_id: str, station_id: str) -> tuple[Urgency, Wishes] | None:
        """Urgency and wishes of a case of this station that has no consultation yet; None: there is none."""
        async with self._database() as db:
            case = await db.get(CaseFile, case_id)
            if case is None or case.erased_at is not None or case.station_id != station_id:
                return None
            if await db.get(Consultation, case_id) is not None:
                return None
            return Urgency(case.urgency), wishes_of(case)

    async def usual_wishes(self, station_id: str) -> Wishes:
        """The wishes of a request without a case. From a survivor-safe site it goes to one specialty only."""
        async with self._database() as db:
            discreet = await _at_a_safe_site(db, station_id)
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

    async def keep_duty(self, participant_id: str, *, on: bool) -> None:
        """Write that somebody is on duty, or no longer."""
        async with self._database.begin() as db:
            if on:
                await db.merge(OnDuty(account_id=participant_id))
            else:
                await db.execute(delete(OnDuty).where(OnDuty.account_id == participant_id))

    async def on_duty(self) -> list[Principal]:
        """Everybody who was on duty when the process ended, without accounts shut since."""
        query = (
            select(Account, Site.name)
            .join(OnDuty, OnDuty.account_id == Account.id)
            .outerjoin(Site, Site.id == Account.site_id)
            .where(Account.disabled.is_(False))
            .order_by(Account.id)
        )
        async with self._database() as db:
            rows = await db.execute(query)
            return [Principal(who.id, Role(who.role), who.name, site or "") for who, site in rows]

    async def expected_wait(self, record: ConsultationRecord) -> ExpectedWait:
        """The recent waiting times for this specialty, and the next person on the roster."""
        async with self._database() as db:
            return await expected_wait_of(db, record.wishes.specialty, self._clock())

    async def keep_use(self, use: CallUse) -> None:
        """Write the use of a call with the current price; of a survivor-safe case nothing is written, nor of any
        call at a site where every case is one: a group session there tells who came as well.
        """
        async with self._database.begin() as db:
            case = await db.get(CaseFile, use.consultation_id)
            if case is not None and (is_discreet(case.kind) or await _at_a_safe_site(db, case.station_id)):
                return
            values = dataclasses.asdict(use)
            rungs = json.dumps(values.pop("rung_seconds"), separators=(",", ":"), sort_keys=True)
            db.add(CallLeg(**values, rung_seconds=rungs, price_per_gb=self._price_per_gb))

    async def escalated(self, record: ConsultationRecord, step: OfferWidth) -> None:
        """Write one step of an escalation, unless it was written before a restart."""
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


async def _at_a_safe_site(db: AsyncSession, station_id: str) -> bool:
    query = select(Site.survivor_safe).join(Station, Station.site_id == Site.id)
    return bool(await db.scalar(query.where(Station.id == station_id)))


def wishes_of(case: CaseFile) -> Wishes:
    """The wishes of a case. With a mediator, the clinician need not speak the patient's language."""
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
    """Whether another clinician has the consultation on disk, by the work of another process."""
    return (
        record.state is ConsultationState.ACCEPTED
        and ConsultationState(before.state) in ATTENDED
        and before.clinician_id not in (None, record.clinician_id)
    )


async def _keep_case(db: AsyncSession, record: ConsultationRecord) -> bool:
    """Write the case of a consultation: a new one for a request without a case, or the new route of a handover.

    Returns whether this is a handover, which may go to the same specialty.
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
        if not await may_hand_over(db, case, record.wishes.specialty, record.wishes.clinician_id):
            raise Refused("consent_missing")
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


async def _let_in(db: AsyncSession, record: ConsultationRecord, clinician_id: str, now: float) -> None:
    """Whoever takes a case on has a part in it, if the patient's agreements cover that one. Raises Refused.

    Where a consultation only goes on or ends, nobody whose part has ended gets it back.
    """
    goes_on = record.state in FINAL or await took_part(db, record.consultation_id, clinician_id)
    if record.state is not ConsultationState.ACCEPTED and goes_on:
        return
    case = await db.get_one(CaseFile, record.consultation_id)
    recipient = await covering(db, case, clinician_id)
    if recipient is None:
        raise Refused("consent_missing")
    await let_in(db, case.id, clinician_id, Role.CLINICIAN, now, recipient=recipient)


async def _handed_over(db: AsyncSession, case_ids: list[str]) -> dict[str, float]:
    """The time of the last handover of each of these cases."""
    query = (
        select(CaseRoute.case_id, func.max(CaseRoute.at))
        .where(CaseRoute.why == TRANSFER, CaseRoute.case_id.in_(case_ids))
        .group_by(CaseRoute.case_id)
    )
    rows = await db.execute(query)
    return {case_id: at for case_id, at in rows}  # noqa: C416 - dict() of rows loses their types


def _who_had_it(case_id: str, until: float) -> Select[str]:
    """The name of the clinician who was last in charge up to this moment."""
    return (
        select(Account.name)
        .join(ConsultationEvent, ConsultationEvent.clinician_id == Account.id)
        .where(ConsultationEvent.consultation_id == case_id, ConsultationEvent.at <= until)
        .order_by(ConsultationEvent.id.desc())
        .limit(1)
    )


# The fields of a record that are in the row of its case, or in the history.
OF_THE_CASE = frozenset({"wishes", "routed_at", "handed_over_by"})


def _row(record: ConsultationRecord) -> Consultation:
    values = {
        field.name: getattr(record, field.name)
        for field in dataclasses.fields(record)
        if field.name not in OF_THE_CASE
    }
    values["id"] = values.pop("consultation_id")
    values["state"] = record.state.value
    values["urgency"] = record.urgency.value
    values["reason"] = Redacted(record.reason)
    return Consultation(**values)


def _record(row: Consultation) -> ConsultationRecord:
    return ConsultationRecord(
        consultation_id=row.id,
        station_id=row.station_id,
        station_name=row.station_name,
        site=row.site,
        urgency=Urgency(row.urgency),
        reason=row.reason.reveal(),
        state=ConsultationState(row.state),
        requested_at=row.requested_at,
        clinician_id=row.clinician_id,
        clinician_name=row.clinician_name,
        accepted_at=row.accepted_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )
