"""Nobody reads a survivor-safe case without an agreement in force that covers him, whatever people do in any order.

Hypothesis plays everybody over the real stores and the real desk, the crash of the process included. What it checks
against is written here anew: the answers of the patient, and the specialties that each account had.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
from aiohttp import web
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import delete, event, select

from server.app import ENGINE, create_app
from server.calls.handlers import CONSULTATIONS
from server.cases.access import part_in
from server.cases.desk_port import DESK
from server.cases.intake.form import Intake
from server.cases.reading.lists import CASE_LISTS
from server.cases.store import CASES
from server.cases.tables import CaseFile, CaseParticipant
from server.cases.vocabulary import Service, answering, recipient
from server.consents import ConsentScope, Giver, How, NewConsent
from server.consents.endings import ENDINGS
from server.consents.store import CONSENTS
from server.mediators.handlers import MEDIATORS
from server.people.principal import Principal
from server.people.profile import Specialty
from server.people.tables import Account, AccountSpecialty, Site, Station
from server.platform.errors import Refusal
from server.platform.http.keys import DATABASE
from server.platform.redacted import Redacted
from server.platform.settings.config import Settings
from server.sockets.hub import HUB
from signaling import messages as wire
from signaling.errors import ProtocolError, Refused
from signaling.messages import Role, Urgency
from tests.support.signaling import Clock, MediaRecorder
from tests.support.sqlitefile import put_migrated

T = TypeVar("T")

NURSE = Principal("st_kayes", Role.STATION, "Poste 1", "Kayes")
# At a site all of whose cases are survivor-safe.
CENTER = Principal("st_center", Role.STATION, "Poste 2", "One Stop Center")
CLINICIANS = {
    "ac_diarra": {"psychology"},
    "ac_cisse": {"psychology", "cardiology"},
    "ac_keita": {"cardiology"},
    "ac_traore": {"general"},
    "ac_sow": set(),
}
MEDIATOR = Principal("ac_oumou", Role.MEDIATOR, "Oumou", "")
WORDS = ["psychology", "cardiology", "general", Service.CENTER_PSYCHOLOGIST.value]
CASES_MAX = 3
APART = {"law", "social_work", "psychology"}
Answer = tuple[str, ConsentScope, str | None]

stations = st.sampled_from([NURSE, CENTER])
people = st.sampled_from(sorted(CLINICIANS))
anybody = st.one_of(st.none(), people)
specialties = st.sampled_from([None, Specialty.PSYCHOLOGY, Specialty.CARDIOLOGY, Specialty.GENERAL])
which = st.integers(0, 2)
questions = st.sampled_from(
    [
        (ConsentScope.TELECONSULTATION, None),
        *((ConsentScope.REFERRAL, word) for word in WORDS),
        (ConsentScope.THIRD_PERSON, None),
    ]
)


class World:
    """One database and the process over it, for all examples."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = Clock()
        self.folder = TemporaryDirectory()
        put_migrated(Path(self.folder.name) / "keneya.db")
        self.run(self._start())
        self.run(self._people())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    async def _start(self) -> None:
        chosen = Settings(data_dir=Path(self.folder.name), log_level="error")
        self.app: web.Application = create_app(chosen, media=MediaRecorder(), clock=self.clock)
        self.app[HUB].clock = self.clock
        # What is tried here is who may read, not what survives a power cut.
        event.listen(
            self.app[ENGINE].sync_engine,
            "connect",
            lambda db, _: db.execute("PRAGMA synchronous=OFF").close(),
        )
        await self.app[CONSULTATIONS].start()

    async def restart(self) -> None:
        """The process is gone, with everything that it had only in memory."""
        await self._stop()
        await self._start()

    def close(self) -> None:
        """The end of all examples."""
        self.run(self._stop())
        self.loop.close()
        self.folder.cleanup()

    async def _stop(self) -> None:
        await self.app[CONSULTATIONS].stop()
        await self.app[ENGINE].dispose()

    async def _people(self) -> None:
        async with self.app[DATABASE].begin() as db:
            for place, survivor_safe in (("Kayes", False), ("One Stop Center", True)):
                db.add(Site(id=f"si_{place[:3]}", name=place, created_at=0, survivor_safe=survivor_safe))
            await db.flush()
            for station in (NURSE, CENTER):
                db.add(
                    Station(
                        id=station.participant_id,
                        site_id=f"si_{station.site[:3]}",
                        name=station.name,
                        created_at=0,
                    )
                )
            for account_id in (*CLINICIANS, MEDIATOR.participant_id):
                role = Role.MEDIATOR if account_id == MEDIATOR.participant_id else Role.CLINICIAN
                db.add(
                    Account(
                        id=account_id,
                        login=account_id,
                        name=account_id,
                        role=role.value,
                        password_hash="",
                        must_change_password=False,
                        disabled=False,
                        created_at=0,
                    )
                )

    async def be_of(self, who: Mapping[str, set[str]]) -> None:
        """An administrator says of which specialties these are."""
        async with self.app[DATABASE].begin() as db:
            await db.execute(delete(AccountSpecialty).where(AccountSpecialty.account_id.in_(who)))
            for account_id, specialties in who.items():
                db.add_all(AccountSpecialty(account_id=account_id, specialty=one) for one in specialties)


worlds: list[World] = []


@pytest.fixture(scope="module", autouse=True)
def one_world() -> Iterator[None]:
    """Made once: a database with its people takes longer than an example."""
    worlds.append(World())
    yield
    worlds.pop().close()


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """What the rules of the server refuse is not done, and that is all."""
    with contextlib.suppress(Refusal, Refused, ProtocolError):
        yield


def doctor(account_id: str) -> Principal:
    return Principal(account_id, Role.CLINICIAN, account_id, "")


class Circle(RuleBasedStateMachine):
    """Everybody at once: stations, a patient who says yes and no, clinicians, a mediator, an administrator."""

    def __init__(self) -> None:
        super().__init__()
        self.world = worlds[-1]
        self.cases: list[str] = []
        self.station_of: dict[str, Principal] = {}
        self.opened_for: dict[str, str] = {}
        self.sent: dict[str, tuple[str, str]] = {}
        self.answers: dict[Answer, bool] = defaultdict(bool)
        self.were: dict[str, list[set[str]]] = {who: [set(own)] for who, own in CLINICIANS.items()}
        self.run(self.world.be_of(CLINICIANS))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.world.run(work)

    @property
    def app(self) -> web.Application:
        return self.world.app

    def say(self, who: Principal, message: Any) -> None:
        # Nobody here is too fast.
        self.world.clock.now += 10
        with refusing():
            self.run(self.app[CONSULTATIONS].received(who, message))

    def known(self, case_id: str, station: Principal) -> None:
        async def specialty() -> str:
            async with self.app[DATABASE]() as db:
                case = await db.get_one(CaseFile, case_id)
                assert case.kind == "survivor_safe"
                return case.specialty

        self.cases.append(case_id)
        self.station_of[case_id] = station
        self.opened_for[case_id] = self.run(specialty())

    def case(self, number: int) -> str:
        return self.cases[number % len(self.cases)]

    @initialize(station=stations)
    def somebody_was_taken_on(self, station: Principal) -> None:
        self.opens(station, Specialty.PSYCHOLOGY, None)
        self.answered(0, (ConsentScope.TELECONSULTATION, None), yes=True)
        self.asks(0)
        self.duty("ac_diarra", on=True)
        self.accepts(0, "ac_diarra")

    @rule(station=stations, specialty=specialties, after=st.one_of(st.none(), which))
    def opens(self, station: Principal, specialty: Specialty | None, after: int | None) -> None:
        if len(self.cases) >= CASES_MAX:
            return
        previous = self.case(after) if after is not None else None
        form = Intake(urgency=Urgency.GREEN, survivor_safe=True, specialty=specialty, previous_id=previous)
        with refusing():
            self.known(self.run(self.app[CASES].open(station, form)), station)

    @rule(number=which, question=questions, yes=st.booleans())
    def answered(self, number: int, question: tuple[ConsentScope, str | None], yes: bool) -> None:
        case_id, (scope, whom) = self.case(number), question
        by = self.station_of[case_id]
        new = NewConsent(
            consultation_id=case_id,
            scope=scope,
            given=yes,
            language="bm",
            text_id=f"{scope.value}-1",
            how=How.SPOKEN,
            giver=Giver.PATIENT,
            explained_by=Redacted("Fatou"),
            recorded_by=by.participant_id,
            recipient=whom,
        )

        async def keep() -> None:
            async with self.app[DATABASE].begin() as db:
                await self.app[CONSENTS].record(db, new, by.role)
            if not yes:
                await self.app[ENDINGS].end(by, case_id, scope, whom)

        self.run(keep())
        self.answers[case_id, scope, whom] = yes

    @rule(number=st.integers(0, 7), crash=st.booleans())
    def takes_back(self, number: int, crash: bool) -> None:
        """One of the agreements in force; the process may die before it carries that out."""
        given = [answer for answer, yes in self.answers.items() if yes]
        if not given:
            return
        case_id, scope, whom = answer = given[number % len(given)]
        by = self.station_of[case_id]

        async def withdraw() -> None:
            async with self.app[DATABASE].begin() as db:
                await self.app[CONSENTS].withdraw(
                    db, case_id, scope, recipient=whom, by=by.participant_id, role=by.role
                )
            if crash:
                await self.world.restart()
            else:
                await self.app[ENDINGS].end(by, case_id, scope, whom)

        self.run(withdraw())
        self.answers[answer] = False

    def asks(self, number: int) -> None:
        case_id = self.case(number)
        self.say(self.station_of[case_id], wire.RequestConsultation(urgency=Urgency.GREEN, case_id=case_id))

    def duty(self, who: str, on: bool) -> None:
        self.say(doctor(who), wire.SetDuty(on=on))

    @rule(number=which, who=people)
    def accepts(self, number: int, who: str) -> None:
        self.duty(who, on=True)
        self.say(doctor(who), wire.Accept(consultation_id=self.case(number)))

    @rule(number=which, who=people, what=st.sampled_from(["leaves", "ends", "asks", "off", "hurries"]))
    def moves(self, number: int, who: str, what: str) -> None:
        """What people do all day."""
        case_id = self.case(number)
        if what == "leaves":
            self.say(doctor(who), wire.Leave(consultation_id=case_id))
        elif what == "ends":
            self.say(self.station_of[case_id], wire.End(consultation_id=case_id))
        elif what == "asks":
            self.asks(number)
        elif what == "off":
            self.duty(who, on=False)
        else:
            self.say(CENTER, wire.RequestConsultation(urgency=Urgency.RED, reason="vite"))
            found = self.app[CONSULTATIONS].state.pairing.of(CENTER.participant_id)
            if found is not None and found.consultation_id not in self.cases:
                self.known(found.consultation_id, CENTER)

    @rule(
        number=which,
        word=st.sampled_from(WORDS[:3]),
        agreed=st.booleans(),
        named=st.booleans(),
        colleague=anybody,
    )
    def is_handed_over(
        self, number: int, word: str, agreed: bool, named: bool, colleague: str | None
    ) -> None:
        """Whoever is in charge hands over, to whom the patient agreed or not, and calls a colleague anything."""
        case_id = self.case(number)
        if agreed:
            self.answered(number, (ConsentScope.REFERRAL, word), yes=True)
        found = self.app[CONSULTATIONS].state.pairing.get(case_id)
        by = doctor((found.record.clinician_id if found else None) or "ac_diarra")
        specialty = word if named or colleague is None else ""
        with refusing():
            wishes = self.run(
                self.app[CASES].handing_over(by, case_id, specialty=specialty, clinician_id=colleague)
            )
            self.run(self.app[DESK].transfer(by, case_id, wishes))
        if colleague is not None:
            self.accepts(number, colleague)

    @rule(number=which, who=people, word=st.sampled_from(WORDS))
    def is_sent_on(self, number: int, who: str, word: str) -> None:
        case_id = self.case(number)
        if len(self.cases) >= CASES_MAX:
            return
        with refusing():
            made = self.run(self.app[CASES].refer(doctor(who), case_id, to=word, letter="Merci."))
            assert made.new_case_id is not None
            self.known(made.new_case_id, self.station_of[case_id])
            self.sent[made.new_case_id] = (case_id, word)

    @rule(number=which)
    def a_mediator_comes(self, number: int) -> None:
        case_id = self.case(number)
        station = self.station_of[case_id]
        self.say(MEDIATOR, wire.SetDuty(on=True))
        self.say(station, wire.InviteMediator(consultation_id=case_id, mediator_id=MEDIATOR.participant_id))
        for one in self.app[MEDIATORS]._invitations.of_mediator(MEDIATOR.participant_id):
            yes = wire.AnswerInvitation(
                invitation_id=one.invitation_id, accept=True, pledge="pledge-1", language="fr"
            )
            self.say(MEDIATOR, yes)

    @rule(who=people, own=st.sampled_from([{"psychology"}, {"cardiology"}, {"general"}, set()]))
    def is_said_to_be_of(self, who: str, own: set[str]) -> None:
        self.run(self.world.be_of({who: own}))
        self.were[who].append(own)

    @rule(seconds=st.sampled_from([0, 60, 7200]))
    def time_passes(self, seconds: int) -> None:
        """Offers widen; or, in no time, the process dies and starts anew."""
        if not seconds:
            self.run(self.world.restart())
        self.world.clock.now += seconds
        self.run(self.app[CONSULTATIONS].route())

    @invariant()
    def nobody_reads_without_an_agreement_that_covers_him(self) -> None:
        """Of those who were ever let in, or are offered it now; the others are asked at the end."""
        self.check(self.run(self._readers(everybody=False)))

    def check(self, readers: list[tuple[str, str]]) -> None:
        for case_id, who in readers:
            assert self._covered(case_id, who), f"{who} reads {self.cases.index(case_id)}"

    @invariant()
    def nobody_is_in_a_room_without_an_agreement_that_covers_him(self) -> None:
        for who, case_id in self.app[CONSULTATIONS].state.legs.held.rooms.items():
            if who == MEDIATOR.participant_id and case_id in self.cases:
                assert self.answers[case_id, ConsentScope.THIRD_PERSON, None]
                assert self.answers[case_id, ConsentScope.TELECONSULTATION, None]
            elif who in CLINICIANS and case_id in self.cases:
                assert self._covered(case_id, who), f"{who} hears {self.cases.index(case_id)}"

    def teardown(self) -> None:
        readers = self.run(self._readers(everybody=True))
        readers += [one for one in self.run(self._listed()) if one[0] in self.cases]
        self.run(self._go_home())
        self.check(readers)

    async def _go_home(self) -> None:
        desk = self.app[CONSULTATIONS]
        for found in desk.state.pairing.everything():
            await desk.finish(NURSE, found.consultation_id)
        for who in CLINICIANS:
            await desk.received(doctor(who), wire.SetDuty(on=False))

    async def _readers(self, *, everybody: bool) -> list[tuple[str, str]]:
        found, desk = [], self.app[CONSULTATIONS]
        let_in = select(CaseParticipant.case_id, CaseParticipant.account_id)
        async with self.app[DATABASE].begin() as db:
            cases = (await db.scalars(select(CaseFile).where(CaseFile.id.in_(self.cases)))).all()
            rows = await db.execute(let_in.where(CaseParticipant.case_id.in_(self.cases)))
            known = {(case_id, who) for case_id, who in rows}
            for case in cases:
                for who in CLINICIANS:
                    likely = (case.id, who) in known or desk.is_offered(case.id, who)
                    if not everybody and (self._covered(case.id, who) or not likely):
                        continue
                    if await part_in(db, doctor(who), case, desk.is_offered) is not None:
                        found.append((case.id, who))
        return found

    async def _listed(self) -> list[tuple[str, str]]:
        lists = self.app[CASE_LISTS]
        return [(line.id, who) for who in CLINICIANS for line in await lists.recent(doctor(who))]

    def _covered(self, case_id: str, who: str) -> bool:
        if not self.answers[case_id, ConsentScope.TELECONSULTATION, None]:
            return False
        agreed = [self.opened_for[case_id]]
        if case_id in self.sent:
            first, word = self.sent[case_id]
            if not self.answers[first, ConsentScope.REFERRAL, word]:
                return False
        for word in WORDS:
            to = recipient(word)
            assert to is not None
            if self.answers[case_id, ConsentScope.REFERRAL, word] and answering(to) == to:
                agreed.append(word)
        return any(is_of(one, own) for one in agreed for own in self.were[who])


def is_of(specialty: str, own: set[str]) -> bool:
    """A clinician without any specialty answers for all but those that stand apart."""
    return specialty in own or (not own and specialty not in APART)


TestCircle = Circle.TestCase
TestCircle.settings = settings(
    max_examples=20,
    stateful_step_count=10,
    deadline=None,
    derandomize=True,
    # A failure is shown as it was found: making it smaller takes minutes over a database.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
