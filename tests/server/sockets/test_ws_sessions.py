"""Sessions over real sockets: hello, numbers, resuming, taking over, and the ways a socket ends."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from signaling import messages as wire
from signaling.limits import HEARTBEAT_S
from signaling.messages import ConsultationState as S
from signaling.messages import Urgency
from tests.support.signaling import (
    DOCTOR,
    DOCTOR_2,
    STATION,
    STATION_2,
    Rig,
    is_connected,
    running_rig,
    until,
)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with running_rig() as running:
        yield running


async def test_welcome_names_the_participant_and_the_session(rig: Rig) -> None:
    _, welcome = await rig.hello(STATION)
    assert (welcome.participant_id, welcome.role, welcome.name) == (
        STATION.participant_id,
        STATION.role,
        STATION.name,
    )
    assert (welcome.resumed, welcome.seq, welcome.ack, welcome.leg_id) == (False, 0, 0, None)
    assert (welcome.resume_within_s, welcome.heartbeat_s) == (120, HEARTBEAT_S)


async def test_the_socket_is_compressed(rig: Rig) -> None:
    page, _ = await rig.hello(STATION)
    assert page.ws.compress


async def test_a_clinician_is_off_duty_at_first(rig: Rig) -> None:
    page, _ = await rig.hello(DOCTOR)
    assert (await page.expect(wire.Duty)).on is False


async def test_missed_messages_come_once_and_only_the_newest_of_a_kind(rig: Rig) -> None:
    call = await rig.call()
    await call.station.ping()
    await rig.lose(call.station, STATION)
    for level in (1, 2, 3):
        rig.media.measure(call.station_leg, level)
    page, welcome = await rig.resume(call.station, STATION)
    assert welcome.resumed
    await page.ping()
    links = [m.quality.level for m in page.got if isinstance(m, wire.Link)]
    assert links == [3]
    seqs = [m.seq for m in page.got if m.seq]
    assert seqs == sorted(set(seqs))
    assert min(seqs) > call.station.seen


async def test_a_message_sent_again_after_a_resume_is_carried_out_once(rig: Rig) -> None:
    station, _ = await rig.hello(STATION)
    await station.say(wire.RequestConsultation(urgency=Urgency.GREEN))
    await station.expect(wire.Waiting)
    await rig.lose(station, STATION)
    page, welcome = await rig.resume(station, STATION)
    assert (welcome.resumed, welcome.ack) == (True, 1)
    page.seq = 0
    await page.say(wire.RequestConsultation(urgency=Urgency.GREEN))
    await page.ping()
    assert len(rig.store.saved) == 1
    await page.say(wire.CancelRequest(consultation_id=rig.store.saved[0].consultation_id))
    await page.expect(wire.Consultation, lambda m: m.state is S.CANCELLED)


async def test_a_token_works_once(rig: Rig) -> None:
    station, _ = await rig.hello(STATION)
    await rig.lose(station, STATION)
    page, welcome = await rig.resume(station, STATION)
    assert welcome.resumed
    assert welcome.resume_token != station.token
    await rig.lose(page, STATION)
    _, welcome = await rig.resume(station, STATION)
    assert not welcome.resumed


async def test_after_two_minutes_the_session_is_a_new_one_with_the_full_state(rig: Rig) -> None:
    station, _, consultation_id = await rig.waiting()
    await rig.lose(station, STATION)
    rig.clock.now += 120
    await rig.hub.sweep()
    page, welcome = await rig.resume(station, STATION)
    assert (welcome.resumed, welcome.ack) == (False, 0)
    await page.ping()
    assert (await page.has(wire.Consultation)).consultation_id == consultation_id
    assert (await page.has(wire.Waiting)).position == 1


async def test_within_two_minutes_nothing_is_lost(rig: Rig) -> None:
    doctor, _ = await rig.on_duty()
    await rig.lose(doctor, DOCTOR)
    rig.clock.now += 119.9
    await rig.hub.sweep()
    page, welcome = await rig.resume(doctor, DOCTOR)
    assert welcome.resumed
    assert (await page.expect(wire.Duty)).on is True


async def test_a_page_that_is_frozen_loses_its_socket_and_then_its_duty(rig: Rig) -> None:
    doctor, _ = await rig.on_duty()
    rig.clock.now += 170
    await doctor.ping()
    rig.clock.now += 170
    await rig.hub.sweep()
    await doctor.ping()  # a hidden page wakes now and then: that is enough
    rig.clock.now += 180
    await rig.hub.sweep()
    assert (await doctor.expect(wire.Goodbye)).code == "silent"
    await until(lambda: not is_connected(rig.hub, DOCTOR.participant_id))
    station, _, _ = await rig.waiting()
    rig.clock.now += 121
    await station.ping()
    await rig.hub.sweep()
    assert (await station.expect(wire.Waiting, lambda m: m.on_duty == 0)).on_duty == 0


async def test_a_second_page_takes_over_and_the_first_is_told_not_to_come_back(rig: Rig) -> None:
    first, _ = await rig.hello(STATION)
    second, welcome = await rig.hello(STATION)
    goodbye = await first.expect(wire.Goodbye)
    assert (goodbye.code, goodbye.retry) == ("taken_over", False)
    assert await first.closed() == 4409
    assert not welcome.resumed
    await second.ping()


async def test_pages_of_two_participants_are_independent(rig: Rig) -> None:
    first, _ = await rig.hello(STATION)
    second, _ = await rig.hello(STATION_2)
    await first.ping()
    await second.ping()
    await first.ping()


async def test_another_protocol_version_is_refused(rig: Rig) -> None:
    page = await rig.socket()
    ticket = rig.tickets.issue(STATION)
    await page.send_raw(wire.encode(wire.Hello(protocol=99, ticket=ticket)))
    goodbye = await page.expect(wire.Goodbye)
    assert (goodbye.code, goodbye.retry) == ("protocol_version", False)
    assert await page.closed() == 4406


async def test_a_second_hello_on_one_socket_is_a_fault(rig: Rig) -> None:
    page, _ = await rig.hello(STATION)
    await page.send_raw(wire.encode(wire.Hello(protocol=1, ticket="x" * 20)))
    assert (await page.expect(wire.Goodbye)).code == "unexpected_message"


async def test_a_jump_in_numbers_closes_the_socket_but_not_the_session(rig: Rig) -> None:
    page, _ = await rig.hello(STATION)
    await page.send_raw(wire.encode(wire.MediaState(seq=5, audio_muted=True, video_muted=True)))
    assert (await page.expect(wire.Error)).code == "unexpected_message"
    assert await page.closed() == 4400
    _, welcome = await rig.resume(page, STATION)
    assert welcome.resumed


async def test_bye_ends_the_session_at_once(rig: Rig) -> None:
    page, _ = await rig.hello(STATION)
    await page.say(wire.Bye())
    assert await page.closed() == 1000
    _, welcome = await rig.resume(page, STATION)
    assert not welcome.resumed


async def test_signing_out_closes_the_socket(rig: Rig) -> None:
    page, _ = await rig.hello(DOCTOR)
    await rig.hub.sign_out(DOCTOR.participant_id)
    goodbye = await page.expect(wire.Goodbye)
    assert (goodbye.code, goodbye.retry) == ("signed_out", False)
    assert await page.closed() == 4403


async def test_a_server_that_stops_says_so(rig: Rig) -> None:
    page, _ = await rig.hello(DOCTOR_2)
    await rig.hub.stop()
    goodbye = await page.expect(wire.Goodbye)
    assert (goodbye.code, goodbye.retry) == ("server_stopping", True)
    assert await page.closed() == 1001


async def test_duty_and_queue_come_back_with_a_resumed_session(rig: Rig) -> None:
    doctor, _ = await rig.on_duty()
    _, _, consultation_id = await rig.waiting()
    await doctor.expect(wire.Queue, lambda m: len(m.entries) == 1)
    await rig.lose(doctor, DOCTOR)
    page, _ = await rig.resume(doctor, DOCTOR)
    assert [e.consultation_id for e in (await page.has(wire.Queue)).entries] == [consultation_id]
