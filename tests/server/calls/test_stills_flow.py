"""A request for a sharp still reaches its page, and only from inside the call."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from signaling import messages as wire
from signaling.limits import STILLS_BURST
from tests.support.signaling import DOCTOR, STATION, Page, Rig, running_rig, until


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with running_rig() as running:
        yield running


async def refused(page: Page) -> str:
    error = await page.expect(wire.Error)
    assert isinstance(error, wire.Error)
    return error.code


async def test_a_clinicians_request_for_a_still_reaches_the_stations_page(rig: Rig) -> None:
    call = await rig.call()
    await call.doctor.say(wire.AskStill(participant_id=STATION.participant_id))
    wanted = await call.station.expect(wire.StillWanted)
    assert wanted.asked_by == DOCTOR.participant_id
    assert wanted.max_bytes > 0
    assert wanted.width >= 640


async def test_a_refusal_reaches_the_clinician_who_asked(rig: Rig) -> None:
    call = await rig.call()
    await call.doctor.say(wire.AskStill(participant_id=STATION.participant_id))
    await call.station.expect(wire.StillWanted)
    await call.station.say(wire.DeclineStill(asked_by=DOCTOR.participant_id))
    declined = await call.doctor.expect(wire.StillDeclined)
    assert declined.participant_id == STATION.participant_id


@pytest.mark.parametrize("whom", [DOCTOR.participant_id, "st-elsewhere"])
async def test_nobody_outside_the_call_can_be_asked_for_a_still(rig: Rig, whom: str) -> None:
    call = await rig.call()
    await call.doctor.say(wire.AskStill(participant_id=whom))
    assert await refused(call.doctor) == "not_in_call"


async def test_no_still_can_be_requested_of_a_patient_who_only_waits(rig: Rig) -> None:
    await rig.waiting()
    doctor, _ = await rig.on_duty()
    await doctor.say(wire.AskStill(participant_id=STATION.participant_id))
    assert await refused(doctor) == "not_in_call"


async def test_endless_requests_for_stills_are_slowed_down(rig: Rig) -> None:
    call = await rig.call()
    for _ in range(STILLS_BURST + 1):
        await call.doctor.say(wire.AskStill(participant_id=STATION.participant_id))
    assert await refused(call.doctor) == "slow_down"


async def test_a_page_is_asked_for_periodic_stills(rig: Rig) -> None:
    call = await rig.call()
    assert rig.media.listener is not None
    rig.media.listener.stills_wanted(call.station_leg, 5.0, 5_000, 320)
    asked = await call.station.expect(wire.PeriodicStills)
    assert (asked.leg_id, asked.every_s, asked.max_bytes, asked.width) == (call.station_leg, 5.0, 5_000, 320)


async def test_legs_take_their_participants_seat_and_the_end_forgets_every_picture(rig: Rig) -> None:
    call = await rig.call()
    assert rig.media.seats == {
        call.station_leg: STATION.participant_id,
        call.doctor_leg: DOCTOR.participant_id,
    }
    await call.doctor.say(wire.End(consultation_id=call.consultation_id))
    await until(lambda: ("forget_stills", call.consultation_id) in rig.media.calls)
