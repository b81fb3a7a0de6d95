"""Random histories of a whole service against a simple model: no patient has two doctors, none is lost."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from signaling.consultation import Consultation, Member, Step
from signaling.errors import Refused
from signaling.messages import ConsultationState, Presence, Role, Urgency
from signaling.pairing import Pairing
from signaling.queue import RANK
from signaling.states import ATTENDED, FINAL, WAITING

STATIONS = [f"station-{n}" for n in range(5)]
CLINICIANS = [f"clinician-{n}" for n in range(4)]
MEDIATORS = ["mediator-0", "mediator-1"]
EVERYBODY = STATIONS + CLINICIANS + MEDIATORS

# Histories of at most 100 steps; some end early. The test checks that there were 10,000 steps in all.
MAX_EXAMPLES = 250
STEPS = 100

STEPS_TAKEN: list[int] = []
STATES_SEEN: set[ConsultationState] = set()

stations = st.sampled_from(STATIONS)
clinicians = st.sampled_from(CLINICIANS)
everybody = st.sampled_from(EVERYBODY)
# Sometimes the disk fails; then the step must not have happened.
disk_fails = st.sampled_from([False, False, False, True])


class Case:
    """The model's idea of one open consultation: who asked, when, who has it, who else is in."""

    def __init__(self, station: str, urgency: Urgency, asked_at: float) -> None:
        self.station = station
        self.urgency = urgency
        self.asked_at = asked_at
        self.doctor: str | None = None
        self.others: list[str] = []


class Service(RuleBasedStateMachine):
    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.pairing = Pairing()
        self.cases: dict[str, Case] = {}
        self.duty: set[str] = set()
        self.now = 1_000.0
        self.made = 0
        self.disk: dict[str, Consultation] = {}
        self.steps = 0

    # The model.

    def case_of(self, participant: str) -> str | None:
        for consultation_id, case in self.cases.items():
            if participant in (case.station, case.doctor, *case.others):
                return consultation_id
        return None

    def hand_back(self, case: Case) -> None:
        successor = next((p for p in case.others if p in CLINICIANS), None)
        case.doctor = successor
        if successor is not None:
            case.others.remove(successor)

    def write(self, before: Consultation | None, step: Step, fails: bool) -> bool:
        consultation_id = step.consultation.consultation_id
        if fails:
            self.pairing.undo(consultation_id, before)
            return False
        self.disk[consultation_id] = self.pairing.get(consultation_id) or step.consultation
        return True

    # The events.

    @initialize(on=st.lists(clinicians, unique=True))
    def morning(self, on: list[str]) -> None:
        for clinician in on:
            self.pairing.set_duty(clinician, on=True)
            self.duty.add(clinician)

    @rule(target=ids, station=stations, urgency=st.sampled_from(Urgency), fails=disk_fails)
    def request(self, station: str, urgency: Urgency, fails: bool):  # type: ignore[no-untyped-def]
        self.now += 1
        self.made += 1
        before = self.pairing.of(station)
        member = Member(station, Role.STATION, station, Presence.CONNECTED)
        step = self.pairing.request(
            f"case-{self.made}", member, site="Kayes", urgency=urgency, reason="", now=self.now
        )
        open_already = self.case_of(station)
        if open_already is not None:
            assert step.consultation.consultation_id == open_already
            return multiple()
        if not self.write(before, step, fails):
            return multiple()
        self.cases[step.consultation.consultation_id] = Case(station, urgency, self.now)
        return step.consultation.consultation_id

    @rule(clinician=clinicians, on=st.booleans())
    def duty_changes(self, clinician: str, on: bool) -> None:
        self.pairing.set_duty(clinician, on=on)
        (self.duty.add if on else self.duty.discard)(clinician)

    @rule(clinician=clinicians, consultation_id=ids, fails=disk_fails)
    def accept(self, clinician: str, consultation_id: str, fails: bool) -> None:
        self.now += 1
        before = self.pairing.get(consultation_id)
        case = self.cases.get(consultation_id)
        allowed = (
            case is not None
            and case.doctor is None
            and clinician in self.duty
            and self.case_of(clinician) is None
        )
        repeated = case is not None and case.doctor == clinician
        try:
            step = self.pairing.accept(
                consultation_id, Member(clinician, Role.CLINICIAN, clinician, Presence.CONNECTED), self.now
            )
        except Refused:
            assert not allowed
            assert not repeated
            assert self.pairing.get(consultation_id) == before
            return
        assert allowed or repeated
        if allowed and self.write(before, step, fails):
            assert case is not None
            case.doctor = clinician

    @rule(person=st.sampled_from(CLINICIANS + MEDIATORS), consultation_id=ids)
    def join(self, person: str, consultation_id: str) -> None:
        case = self.cases.get(consultation_id)
        if case is not None and case.doctor is None and person in CLINICIANS:
            return  # a patient without a clinician gets one by accept, not by join
        role = Role.CLINICIAN if person in CLINICIANS else Role.MEDIATOR
        allowed = case is not None and self.case_of(person) in (None, consultation_id)
        try:
            self.pairing.join(consultation_id, Member(person, role, person, Presence.CONNECTED))
        except Refused:
            assert not allowed
            return
        assert allowed
        assert case is not None
        if person != case.doctor and person not in case.others:
            case.others.append(person)

    @rule(person=everybody, consultation_id=ids, fails=disk_fails)
    def leave(self, person: str, consultation_id: str, fails: bool) -> None:
        before = self.pairing.get(consultation_id)
        case = self.cases.get(consultation_id)
        allowed = case is not None and self.case_of(person) == consultation_id
        if case is not None and person == case.station:
            allowed = case.doctor is not None
        try:
            step = self.pairing.leave(consultation_id, person)
        except Refused:
            assert not allowed
            return
        assert allowed
        assert case is not None
        if self.write(before, step, fails):
            self.forget(case, person)

    @rule(person=everybody)
    def lost_for_good(self, person: str) -> None:
        consultation_id = self.case_of(person)
        self.pairing.give_up(person)
        if consultation_id is not None:
            self.forget(self.cases[consultation_id], person)

    def forget(self, case: Case, person: str) -> None:
        if person in case.others:
            case.others.remove(person)
        elif person == case.doctor:
            self.hand_back(case)

    @rule(person=everybody, presence=st.sampled_from(Presence))
    def link_changes(self, person: str, presence: Presence) -> None:
        self.pairing.present(person, presence)

    @rule(person=everybody, consultation_id=ids, fails=disk_fails)
    def end(self, person: str, consultation_id: str, fails: bool) -> None:
        before = self.pairing.get(consultation_id)
        case = self.cases.get(consultation_id)
        allowed = case is not None and case.doctor is not None and self.case_of(person) == consultation_id
        try:
            step = self.pairing.end(consultation_id, person, self.now)
        except Refused:
            assert not allowed
            return
        assert allowed
        if self.write(before, step, fails):
            del self.cases[consultation_id]

    @rule(consultation_id=consumes(ids), fails=disk_fails)
    def cancel(self, consultation_id: str, fails: bool) -> None:
        before = self.pairing.get(consultation_id)
        case = self.cases.get(consultation_id)
        station = case.station if case else STATIONS[0]
        begun = before is not None and before.state in (
            ConsultationState.IN_CALL,
            ConsultationState.INTERRUPTED,
        )
        try:
            step = self.pairing.cancel(consultation_id, station, self.now)
        except Refused:
            assert case is None or begun
            return
        assert case is not None
        assert not begun
        if self.write(before, step, fails):
            del self.cases[consultation_id]

    @rule()
    def restart(self) -> None:
        records = [c.record for c in self.pairing.everything()]
        self.pairing = Pairing()
        self.pairing.restore(records)
        self.duty.clear()
        for case in self.cases.values():
            case.others.clear()

    # The invariants after every step.

    def teardown(self) -> None:
        STEPS_TAKEN.append(self.steps)

    @invariant()
    def nothing_is_rare(self) -> None:
        self.steps += 1
        STATES_SEEN.update(c.state for c in self.pairing.everything())

    @invariant()
    def no_patient_is_lost(self) -> None:
        assert {c.consultation_id for c in self.pairing.everything()} == set(self.cases)
        waiting = [r.consultation_id for r in self.pairing.queue()]
        assert len(waiting) == len(set(waiting))
        for consultation_id, case in self.cases.items():
            assert (consultation_id in waiting) == (case.doctor is None)

    @invariant()
    def one_doctor_each(self) -> None:
        for consultation in self.pairing.everything():
            case = self.cases[consultation.consultation_id]
            assert consultation.record.clinician_id == case.doctor
            assert consultation.members[0].participant_id == case.station
            assert {m.participant_id for m in consultation.members} == {
                p for p in (case.station, case.doctor, *case.others) if p is not None
            }
            assert len(consultation.members) <= 8

    @invariant()
    def nobody_is_in_two(self) -> None:
        seen = [m.participant_id for c in self.pairing.everything() for m in c.members]
        assert len(seen) == len(set(seen))
        for participant in EVERYBODY:
            found = self.pairing.of(participant)
            assert (found.consultation_id if found else None) == self.case_of(participant)

    @invariant()
    def states_follow_the_facts(self) -> None:
        for consultation in self.pairing.everything():
            case = self.cases[consultation.consultation_id]
            if case.doctor is None:
                offered = ConsultationState.OFFERED if self.duty else ConsultationState.REQUESTED
                assert consultation.state is offered
                assert consultation.state in WAITING
            else:
                assert consultation.state in ATTENDED
            assert consultation.state not in FINAL
            if consultation.state is ConsultationState.IN_CALL:
                assert consultation.reachable >= 2
            if consultation.state is ConsultationState.INTERRUPTED:
                assert consultation.reachable < 2

    @invariant()
    def the_queue_is_in_order_and_keeps_waiting_times(self) -> None:
        queue = self.pairing.queue()
        assert queue == sorted(queue, key=lambda r: (RANK[r.urgency], r.requested_at))
        for record in queue:
            case = self.cases[record.consultation_id]
            assert (record.urgency, record.requested_at) == (case.urgency, case.asked_at)


def test_random_histories_of_the_service_keep_every_promise() -> None:
    run_state_machine_as_test(
        Service,
        settings=settings(
            max_examples=MAX_EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert sum(STEPS_TAKEN) >= 10_000
    assert STATES_SEEN == WAITING | ATTENDED
