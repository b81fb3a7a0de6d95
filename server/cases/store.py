"""Opening, reading and writing cases, each with its trail in the same transaction.

Owns: what happens to a case outside its call. Must never decide who may: `access.opened` does, for every call here.
The live side is the desk's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.access import READS_CASE, Offered, Opened, Part, opened
from server.cases.alreadyopen import refuse_second
from server.cases.circle.agreements import may_hand_over, of_specialty, specialties_of
from server.cases.circle.participants import takes_part
from server.cases.errors import CaseRefused, NoSuchCase
from server.cases.intake import form
from server.cases.intake.form import Intake
from server.cases.kinds import is_discreet
from server.cases.quotas import OPEN_TOLD, OPEN_TOLD_EVERY_S, room_for_case, room_in_case
from server.cases.reading.leaves import leaves_of, place_of
from server.cases.reading.views import CaseView, case_view, neutral
from server.cases.referrals import new_case
from server.cases.tables import CaseFile, CaseNote, CaseOutcome, Consultation, Referral, VitalSign
from server.cases.vocabulary import ANSWERS, Kind, Outcome, answering, recipient
from server.consents import ConsentMissing, Consents, ConsentScope
from server.people.principal import Principal
from server.people.profile import Specialty
from server.people.signin.tries import Tries
from server.people.tables import Account, Site, Station
from server.platform.database.engine import DbSessions
from server.platform.ids import new_id
from server.platform.redacted import Redacted
from server.trail.acts import Act
from server.trail.entry import Entry, Fact, Ref
from server.trail.trail import Trail
from signaling.messages import Role
from signaling.routing import Wishes

Facts = Mapping[str, Fact]


class Cases:
    """All cases. ``clock`` gives UTC seconds; ``offered`` says whether a case waits for a clinician now."""

    def __init__(
        self,
        database: DbSessions,
        trail: Trail,
        consents: Consents,
        clock: Callable[[], float],
        offered: Offered,
    ) -> None:
        self._database = database
        self._trail = trail
        self._consents = consents
        self._clock = clock
        self._offered = offered
        self._open_told = Tries(burst=OPEN_TOLD, every_s=OPEN_TOLD_EVERY_S, clock=clock)

    async def open(self, who: Principal, typed: Intake) -> str:
        """Keep a new case of this station and give its id. Raises AlreadyOpen, CaseRefused."""
        async with self._database.begin() as db:
            site = await _site_of(db, who.participant_id)
            await room_for_case(db, who.participant_id, site.id, self._clock())
            discreet = typed.survivor_safe or site.survivor_safe
            if typed.previous_id is not None:
                previous = await opened(db, who, typed.previous_id, self._offered, Part.OPENER)
                discreet = discreet or is_discreet(previous.case.kind)
            if discreet:
                form.check_survivor_safe(typed)  # first: it says what an alias is
            form.check(typed, names_allowed=site.names_allowed)
            case = _row(who, typed, self._clock(), discreet=discreet)
            if typed.previous_id is not None:
                case.wanted_clinician_id = await _who_knows_the_patient(db, case, typed.previous_id)
            db.add(case)
            await db.flush()
            if not typed.although_open:
                await refuse_second(db, case, who, self._open_told)
            db.add_all(_vital_signs(case, typed))
            facts: Facts = {"urgency": form.urgency(typed), "red_flags": len(typed.red_flags)}
            await self._record(db, Act.CASE_OPENED, who, case.id, facts=facts)
            return case.id

    async def read(self, who: Principal, case_id: str, act: Act = Act.CASE_READ) -> CaseView:
        """The whole case as this person sees it. Raises NoSuchCase, PinNeeded."""
        async with self._database.begin() as db:
            found = (await opened(db, who, case_id, self._offered, *READS_CASE)).readable_by(who)
            place = await place_of(db, found.case)
            view = case_view(found.case, found.part, place, await leaves_of(db, case_id))
            if is_discreet(found.case.kind) and (act is Act.SUMMARY_READ or found.part is Part.OFFERED):
                view = neutral(view)
            await self._record(db, act, who, case_id, facts={"part": found.part})
            return view

    async def write_note(self, who: Principal, case_id: str, *, answer: str, advice: str, note: str) -> None:
        """A clinician of the case answers. Raises CaseRefused when nothing is said, NoSuchCase."""
        if not (answer.strip() or advice.strip() or note.strip()):
            raise CaseRefused("malformed")
        async with self._database.begin() as db:
            await opened(db, who, case_id, self._offered, Part.CLINICIAN)
            await room_in_case(db, case_id, CaseNote)
            db.add(
                CaseNote(
                    case_id=case_id,
                    clinician_id=who.participant_id,
                    answer=Redacted(answer.strip()),
                    advice=Redacted(advice.strip()),
                    note=Redacted(note.strip()),
                    written_at=self._clock(),
                )
            )
            await self._record(db, Act.NOTE_WRITTEN, who, case_id)

    async def refer(self, who: Principal, case_id: str, *, to: str, letter: str) -> Referral:
        """Send the patient on to somebody the patient agreed to. Raises ConsentMissing, CaseRefused, NoSuchCase."""
        recipient_ = recipient(to)
        if recipient_ is None or not letter.strip():
            raise CaseRefused("malformed")
        async with self._database.begin() as db:
            found = await opened(db, who, case_id, self._offered, Part.CLINICIAN)
            await self._consents.require(db, case_id, ConsentScope.REFERRAL, recipient=recipient_.value)
            await room_in_case(db, case_id, Referral)
            referral = Referral(
                id=new_id("rf"),
                case_id=case_id,
                recipient=recipient_.value,
                letter=Redacted(letter.strip()),
                written_by=who.participant_id,
                written_at=self._clock(),
            )
            specialty = answering(recipient_)
            if specialty is not None:
                discreet = is_discreet(found.case.kind) or recipient_ in ANSWERS
                kind = Kind.SURVIVOR_SAFE if discreet else Kind.ORDINARY
                sent = new_case(found.case, new_id("ca"), specialty, referral, kind)
                db.add(sent)
                await db.flush()
                referral.new_case_id = sent.id
            db.add(referral)
            # To whom stands in the letter: a word such as "psychology" beside a case would tell auditors of whom.
            facts: Facts = {"referral": Ref(referral.id)}
            await self._record(db, Act.REFERRAL_WRITTEN, who, case_id, facts=facts)
            return referral

    async def report_outcome(self, who: Principal, case_id: str, outcome: Outcome, words: str) -> None:
        """The station tells what became of the patient. Raises NoSuchCase."""
        async with self._database.begin() as db:
            await opened(db, who, case_id, self._offered, Part.OPENER)
            await room_in_case(db, case_id, CaseOutcome)
            db.add(
                CaseOutcome(
                    case_id=case_id,
                    outcome=outcome.value,
                    words=Redacted(words.strip()),
                    reported_at=self._clock(),
                )
            )
            await self._record(db, Act.OUTCOME_REPORTED, who, case_id, facts={"outcome": outcome})

    async def handing_over(
        self, who: Principal, case_id: str, *, specialty: str, clinician_id: str | None
    ) -> Wishes:
        """What a case wishes when it is handed over to these; on the trail. Raises CaseRefused, NoSuchCase."""
        async with self._database.begin() as db:
            case = (await opened(db, who, case_id, self._offered, Part.CLINICIAN)).case
            name = ""
            if clinician_id is not None:
                colleague = await db.get(Account, clinician_id)
                if colleague is None or colleague.disabled or colleague.role != Role.CLINICIAN.value:
                    raise NoSuchCase
                if clinician_id == who.participant_id:
                    raise CaseRefused("case_transfer_to_self")
                name = colleague.name
            choices = [specialty] if specialty else await _specialties_to_offer(db, case, clinician_id)
            agreed = [one for one in choices if await may_hand_over(db, case, one, clinician_id)]
            if not agreed:
                raise ConsentMissing
            return Wishes(
                specialty=agreed[0],
                language="" if case.mediator_wanted else case.language,
                gender=case.gender_wish,
                clinician_id=clinician_id,
                clinician_name=name,
                discreet=is_discreet(case.kind),
            )

    async def mine(self, who: Principal, case_id: str) -> None:
        """Raises NoSuchCase unless this station opened it."""
        async with self._database() as db:
            await opened(db, who, case_id, self._offered, Part.OPENER)

    async def part(self, db: AsyncSession, who: Principal, case_id: str, *parts: Part) -> Opened:
        """For others who hang things on a case. Raises NoSuchCase."""
        return await opened(db, who, case_id, self._offered, *parts)

    async def _record(
        self, db: AsyncSession, act: Act, who: Principal, case_id: str, *, facts: Facts | None = None
    ) -> None:
        entry = Entry(act, who.participant_id, who.role, case_id, facts=facts or {})
        await self._trail.record(db, entry)


CASES = web.AppKey("cases", Cases)


def _row(who: Principal, typed: Intake, now: float, *, discreet: bool) -> CaseFile:
    return CaseFile(
        id=new_id("ca"),
        station_id=who.participant_id,
        kind=(Kind.SURVIVOR_SAFE if discreet else Kind.ORDINARY).value,
        opened_at=now,
        patient_ref=Redacted(typed.patient_ref.strip()),
        age_band=typed.age_band or "",
        sex=typed.sex or "",
        reason_code=typed.reason_code,
        reason_text=Redacted(typed.reason_text.strip()),
        red_flags=",".join(dict.fromkeys(typed.red_flags)),
        urgency=form.urgency(typed).value,
        language=typed.language or "",
        gender_wish=typed.gender_wish or "",
        mediator_wanted=typed.mediator_wanted,
        specialty=form.survivor_safe_specialty(typed) if discreet else form.specialty(typed),
        previous_id=typed.previous_id,
    )


def _vital_signs(case: CaseFile, typed: Intake) -> list[VitalSign]:
    return [
        VitalSign(
            case_id=case.id,
            kind=vital.sign.value,
            value=vital.value,
            unit=vital.unit,
            confirmed=vital.confirmed,
            measured_at=case.opened_at,
        )
        for vital in typed.vitals
    ]


async def _site_of(db: AsyncSession, station_id: str) -> Site:
    query = select(Site).join(Station, Station.site_id == Site.id).where(Station.id == station_id)
    return (await db.scalars(query)).one()


async def _who_knows_the_patient(db: AsyncSession, case: CaseFile, previous_id: str) -> str | None:
    """Who is asked first in a case that follows another: its clinician, unless the patient took that back.

    A survivor-safe case is offered to nobody beyond its specialty, whoever had the one before.
    """
    consultation = await db.get(Consultation, previous_id)
    last = consultation.clinician_id if consultation is not None else None
    if last is None or not await takes_part(db, previous_id, last):
        return None
    if is_discreet(case.kind) and not await of_specialty(db, case.specialty, last):
        return None
    return last


async def _specialties_to_offer(db: AsyncSession, case: CaseFile, clinician_id: str | None) -> list[str]:
    """As what a colleague may be asked: each own specialty, and without any as a generalist, or for anything."""
    own = await specialties_of(db, clinician_id) if clinician_id is not None else []
    return own or [Specialty.GENERAL.value if is_discreet(case.kind) else ""]
