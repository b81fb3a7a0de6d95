"""The table of states: every cell of it, against the table of PROTOCOL.md."""

from __future__ import annotations

from pathlib import Path

import pytest

import signaling
from signaling.errors import Refused
from signaling.messages import ConsultationState
from signaling.states import ATTENDED, FINAL, TABLE, WAITING, Effect, Event, move

PROTOCOL = Path(signaling.__file__).with_name("PROTOCOL.md").read_text(encoding="utf-8")


def documented_table() -> dict[tuple[str, str], str]:
    lines = PROTOCOL[PROTOCOL.index("| from \\ event |") :].splitlines()
    events = [cell.strip() for cell in lines[0].split("|")[2:-1]]
    cells = {}
    for line in lines[2:]:
        if not line.startswith("|"):
            break
        state, *targets = (cell.strip() for cell in line.split("|")[1:-1])
        cells.update({(state, event): to for event, to in zip(events, targets, strict=True)})
    return cells


@pytest.mark.parametrize("state", ConsultationState)
@pytest.mark.parametrize("event", Event)
def test_each_move_is_the_documented_one_or_refused(state: ConsultationState, event: Event) -> None:
    documented = documented_table().get((state.value, event.value), "–")
    if documented in ("–", "refused"):
        with pytest.raises(Refused):
            move(state, event)
    else:
        assert move(state, event)[0].value == documented


def test_the_document_has_a_column_for_every_event_and_a_row_for_every_state_that_moves() -> None:
    cells = documented_table()
    assert {event for _, event in cells} == {event.value for event in Event}
    assert {state for state, _ in cells} == {s.value for s in ConsultationState if TABLE[s]}


def test_every_state_can_be_left_until_it_is_final() -> None:
    assert {state for state in ConsultationState if not TABLE[state]} == FINAL
    assert set(ConsultationState) == WAITING | ATTENDED | FINAL


def test_decisions_of_people_are_saved_before_they_are_sent() -> None:
    for moves in TABLE.values():
        for event, (_, effects) in moves.items():
            decided = event in (Event.ACCEPT, Event.RELEASE, Event.END, Event.CANCEL)
            assert (Effect.SAVE in effects) == decided


def test_a_room_opens_with_accept_and_closes_at_the_end() -> None:
    for moves in TABLE.values():
        for event, (to, effects) in moves.items():
            assert (Effect.OPEN_ROOM in effects) == (event is Event.ACCEPT)
            assert (Effect.CLOSE_ROOM in effects) == (to in FINAL)


@pytest.mark.parametrize(
    ("state", "event", "code"),
    [
        (ConsultationState.IN_CALL, Event.ACCEPT, "already_taken"),
        (ConsultationState.ACCEPTED, Event.ACCEPT, "already_taken"),
        (ConsultationState.REQUESTED, Event.ACCEPT, "not_on_duty"),
        (ConsultationState.CLOSED, Event.ACCEPT, "consultation_over"),
        (ConsultationState.CANCELLED, Event.END, "consultation_over"),
        (ConsultationState.IN_CALL, Event.CANCEL, "call_under_way"),
        (ConsultationState.OFFERED, Event.END, "not_in_call"),
    ],
)
def test_a_refusal_carries_the_code_that_a_person_reads(
    state: ConsultationState, event: Event, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        move(state, event)
    assert refused.value.code == code
    assert f"| `{code}` |" in PROTOCOL
