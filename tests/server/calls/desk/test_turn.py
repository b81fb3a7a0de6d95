"""A turn decides, writes, carries out and notifies, in this order; when the disk fails, nothing has changed."""

from __future__ import annotations

import pytest

from server.calls.desk.events import ConsultationMoved, TurnOver
from signaling.errors import Refused
from signaling.messages import ConsultationState, Urgency
from tests.support.signaling import STATION, Rig, running_rig


class Recorder:
    """The events that followers of the desk received, in order."""

    def __init__(self, rig: Rig) -> None:
        self.received: list[str] = []
        rig.desk.state.events.on(ConsultationMoved, self._moved)
        rig.desk.state.events.when(TurnOver, self._over)

    def _moved(self, event: ConsultationMoved) -> None:
        self.received.append(f"{event.before.state if event.before else None} to {event.after.state}")

    async def _over(self, _: TurnOver) -> None:
        self.received.append("over")


async def ask(rig: Rig) -> str:
    """A station asks for a clinician, in a turn of its own."""
    state = rig.desk.state
    async with rig.desk.turns.begin(None, STATION) as turn:
        turn.step = state.pairing.request(
            "c-1", state.member(STATION), site="Kayes", urgency=Urgency.GREEN, reason="", now=state.clock()
        )
    return "c-1"


async def test_a_turn_writes_carries_out_and_settles() -> None:
    async with running_rig() as rig:
        recorder = Recorder(rig)
        consultation_id = await ask(rig)
        assert rig.store.records[consultation_id].state is ConsultationState.REQUESTED
        assert recorder.received == ["None to requested", "over"]


async def test_a_turn_without_a_step_writes_and_settles_nothing() -> None:
    async with running_rig() as rig:
        recorder = Recorder(rig)
        async with rig.desk.turns.begin(None, STATION) as turn:
            assert turn.before is None
        assert recorder.received == []
        assert rig.store.records == {}


async def test_a_body_that_refuses_changes_nothing() -> None:
    async with running_rig() as rig:
        consultation_id = await ask(rig)
        recorder = Recorder(rig)
        with pytest.raises(Refused):
            async with rig.desk.turns.begin(consultation_id, STATION) as turn:
                turn.step = rig.desk.state.pairing.end("another", STATION.participant_id, 0.0)
        assert recorder.received == []
        found = rig.desk.state.pairing.get(consultation_id)
        assert found is not None
        assert found.state is ConsultationState.REQUESTED
        assert not rig.desk.state.lock.locked()


async def test_a_failed_write_restores_the_previous_state() -> None:
    async with running_rig() as rig:
        consultation_id = await ask(rig)
        recorder, state = Recorder(rig), rig.desk.state

        rig.store.broken = True
        with pytest.raises(Refused) as refused:
            async with rig.desk.turns.begin(consultation_id, STATION) as turn:
                turn.step = state.pairing.cancel(consultation_id, STATION.participant_id, state.clock())
        assert refused.value.code == "try_again"
        assert recorder.received == []
        found = state.pairing.get(consultation_id)
        assert found is not None
        assert found.state is ConsultationState.REQUESTED


async def test_turns_come_one_after_the_other() -> None:
    async with running_rig() as rig:
        consultation_id = await ask(rig)
        async with rig.desk.turns.begin(consultation_id) as turn:
            assert turn.before is not None
            assert rig.desk.state.lock.locked()
        assert not rig.desk.state.lock.locked()
