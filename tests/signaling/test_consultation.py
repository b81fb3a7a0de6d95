"""One consultation: two to eight people, whose links come and go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signaling import consultation as life
from signaling.consultation import Consultation, ConsultationRecord, Member
from signaling.errors import Refused
from signaling.messages import ConsultationState as S
from signaling.messages import Presence, Role, Urgency
from signaling.states import Effect, Event

HERE, LOST, AWAY = Presence.CONNECTED, Presence.RECONNECTING, Presence.AWAY


def station(presence: Presence = HERE) -> Member:
    return Member("st", Role.STATION, "CSRéf", presence)


def person(name: str, role: Role = Role.MEDIATOR, presence: Presence = HERE) -> Member:
    return Member(name, role, name, presence)


def waiting() -> Consultation:
    asked = life.request("c1", station(), site="Kayes", urgency=Urgency.RED, reason="secret", now=10.0)
    return life.apply(asked.consultation, Event.OFFER).consultation


def in_call() -> Consultation:
    accepted = life.accept(waiting(), person("dr", Role.CLINICIAN), 20.0).consultation
    return life.settle(accepted).consultation


def test_a_request_asks_to_be_saved() -> None:
    step = life.request("c1", station(), site="Kayes", urgency=Urgency.RED, reason="", now=10.0)
    assert step.consultation.state is S.REQUESTED
    assert step.effects == (Effect.SAVE,)


def test_the_reason_does_not_show_in_a_record() -> None:
    assert "secret" not in repr(waiting())


def test_accept_puts_one_clinician_in_charge() -> None:
    step = life.accept(waiting(), person("dr", Role.CLINICIAN), 20.0)
    assert step.effects == (Effect.SAVE, Effect.OPEN_ROOM)
    record = step.consultation.record
    assert (record.clinician_id, record.accepted_at, record.requested_at) == ("dr", 20.0, 10.0)
    with pytest.raises(Refused, match="already_taken"):
        life.accept(step.consultation, person("dr-2", Role.CLINICIAN), 21.0)


def test_a_call_begins_when_two_are_reachable() -> None:
    accepted = life.accept(waiting(), person("dr", Role.CLINICIAN, LOST), 20.0).consultation
    assert life.settle(accepted).consultation.state is S.ACCEPTED
    assert life.present(accepted, "dr", HERE).consultation.state is S.IN_CALL


def test_a_call_with_fewer_than_two_reachable_is_interrupted_and_goes_on_again() -> None:
    lost = life.present(in_call(), "st", LOST).consultation
    assert lost.state is S.INTERRUPTED
    assert lost.record.clinician_id == "dr"
    assert life.present(lost, "st", HERE).consultation.state is S.IN_CALL


def test_a_third_participant_keeps_the_call_alive() -> None:
    three = life.join(in_call(), person("interpreter")).consultation
    assert life.present(three, "dr", LOST).consultation.state is S.IN_CALL


def test_eight_fit_and_a_ninth_does_not() -> None:
    full = in_call()
    for n in range(6):
        full = life.join(full, person(f"p{n}")).consultation
    assert len(full.members) == 8
    with pytest.raises(Refused, match="consultation_full"):
        life.join(full, person("p9"))
    back = life.join(full, person("p3")).consultation
    assert len(back.members) == 8


def test_a_station_that_leaves_stays_listed_and_does_not_return_by_its_leg_alone() -> None:
    left = life.leave(in_call(), "st").consultation
    assert left.state is S.INTERRUPTED
    assert life.present(left, "st", HERE).consultation == left
    assert life.join(left, station()).consultation.state is S.IN_CALL


def test_a_clinician_who_leaves_hands_the_patient_back_with_the_waiting_time_kept() -> None:
    step = life.leave(in_call(), "dr")
    record = step.consultation.record
    assert step.consultation.state is S.REQUESTED
    assert step.effects == (Effect.SAVE,)
    assert (record.clinician_id, record.accepted_at, record.requested_at) == (None, None, 10.0)
    assert [m.participant_id for m in step.consultation.members] == ["st"]


def test_a_second_clinician_takes_charge_when_the_first_leaves() -> None:
    two = life.join(in_call(), person("dr-2", Role.CLINICIAN)).consultation
    step = life.leave(two, "dr")
    assert step.consultation.state is S.IN_CALL
    assert step.consultation.record.clinician_id == "dr-2"
    assert Effect.SAVE in step.effects


def test_a_mediator_who_leaves_changes_nothing_for_the_others() -> None:
    three = life.join(in_call(), person("interpreter")).consultation
    step = life.leave(three, "interpreter")
    assert step == life.Step(in_call())


def test_a_mediator_may_also_leave_a_patient_who_waits_again() -> None:
    three = life.join(in_call(), person("interpreter")).consultation
    requeued = life.leave(three, "dr").consultation
    assert [m.participant_id for m in requeued.members] == ["st", "interpreter"]
    assert len(life.leave(requeued, "interpreter").consultation.members) == 1


def test_leaving_needs_something_to_leave() -> None:
    with pytest.raises(Refused, match="not_in_call"):
        life.leave(waiting(), "st")
    with pytest.raises(Refused, match="unknown_consultation"):
        life.leave(in_call(), "stranger")
    closed = life.finish(in_call(), Event.END, "st", 30.0).consultation
    with pytest.raises(Refused, match="consultation_over"):
        life.leave(closed, "dr")
    with pytest.raises(Refused, match="consultation_over"):
        life.join(closed, person("late"))


def test_the_end_says_who_and_when() -> None:
    step = life.finish(in_call(), Event.END, "dr", 30.0)
    assert step.effects == (Effect.SAVE, Effect.CLOSE_ROOM)
    record = step.consultation.record
    assert (record.state, record.closed_at, record.closed_by) == (S.CLOSED, 30.0, "dr")


@pytest.mark.parametrize("state", [S.ACCEPTED, S.IN_CALL, S.INTERRUPTED])
def test_after_a_restart_a_call_is_interrupted_until_both_are_back(state: S) -> None:
    record = replace(in_call().record, state=state)
    again = life.reload(record).consultation
    assert again.state is S.INTERRUPTED
    assert [m.presence for m in again.members] == [AWAY, AWAY]
    one = life.present(again, "dr", HERE).consultation
    assert one.state is S.INTERRUPTED
    assert life.present(one, "st", HERE).consultation.state is S.IN_CALL


def test_after_a_restart_a_waiting_consultation_still_waits() -> None:
    again = life.reload(waiting().record).consultation
    assert again.state is S.REQUESTED
    assert again.record.requested_at == 10.0


def test_records_compare_by_value() -> None:
    assert isinstance(waiting().record, ConsultationRecord)
    assert waiting() == waiting()
