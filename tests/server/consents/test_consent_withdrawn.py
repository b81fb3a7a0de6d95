"""A patient withdraws the consent: everybody is informed kindly, and the consultation ends."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from signaling import messages as wire
from signaling.errors import Refused
from signaling.messages import ConsultationState as S
from tests.support.signaling import STATION, Rig, running_rig


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with running_rig() as running:
        yield running


async def test_in_mid_call_both_learn_the_reason_before_the_call_closes(rig: Rig) -> None:
    call = await rig.call()
    await rig.desk.consent_withdrawn(STATION, call.consultation_id)
    for page in (call.station, call.doctor):
        told = await page.expect(wire.ConsentWithdrawn)
        assert told.consultation_id == call.consultation_id
        closed = await page.expect(wire.Consultation, lambda m: m.state is S.CLOSED)
        assert closed.consultation_id == call.consultation_id
    assert rig.media.rooms == {}
    assert rig.store.records[call.consultation_id].state is S.CLOSED


async def test_while_waiting_the_request_is_withdrawn(rig: Rig) -> None:
    station, _, consultation_id = await rig.waiting()
    await rig.desk.consent_withdrawn(STATION, consultation_id)
    await station.expect(wire.ConsentWithdrawn)
    await station.expect(wire.Consultation, lambda m: m.state is S.CANCELLED)
    assert rig.store.records[consultation_id].state is S.CANCELLED


async def test_a_finished_or_unknown_consultation_is_left_unchanged(rig: Rig) -> None:
    call = await rig.call()
    await rig.desk.consent_withdrawn(STATION, call.consultation_id)
    await rig.desk.consent_withdrawn(STATION, call.consultation_id)
    await rig.desk.consent_withdrawn(STATION, "ca_unknown")
    await call.doctor.ping()
    assert [type(m) for m in call.doctor.got].count(wire.ConsentWithdrawn) <= 1


async def test_a_failed_write_is_reported_and_the_next_try_ends_the_consultation(rig: Rig) -> None:
    call = await rig.call()
    rig.store.broken = True
    with pytest.raises(Refused):
        await rig.desk.consent_withdrawn(STATION, call.consultation_id)
    rig.store.broken = False
    await rig.desk.consent_withdrawn(STATION, call.consultation_id)
    await call.doctor.expect(wire.Consultation, lambda m: m.state is S.CLOSED)
