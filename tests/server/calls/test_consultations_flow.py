"""A consultation over real WebSockets: requested, accepted, called, interrupted, ended, always on disk first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from media.core.parameters import AudioSend, SendParameters
from server.people.principal import Principal
from signaling import messages as wire
from signaling.messages import ConsultationState as S
from signaling.messages import Presence, Role, Urgency
from tests.support.signaling import (
    DOCTOR,
    DOCTOR_2,
    REFUSED_OFFER,
    STATION,
    STATION_2,
    Rig,
    running_rig,
    state_is,
    until,
)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with running_rig() as running:
        yield running


async def test_a_station_that_asks_gets_its_place_in_the_queue_and_a_doctor(rig: Rig) -> None:
    call = await rig.call()
    assert [type(m) for m in call.station.got].count(wire.Waiting) >= 1
    seen = call.doctor.got[-1]
    assert [(p.role, p.name, p.presence) for p in seen.participants] == [
        (Role.STATION, STATION.name, Presence.CONNECTED),
        (Role.CLINICIAN, DOCTOR.name, Presence.CONNECTED),
    ]
    assert rig.media.rooms == {
        call.station_leg: call.consultation_id,
        call.doctor_leg: call.consultation_id,
    }


async def test_the_slots_name_participants_not_legs(rig: Rig) -> None:
    call = await rig.call()
    slots = [m for m in call.station.got if isinstance(m, wire.Slots)][-1]
    assert [s.participant_id for s in slots.slots] == [DOCTOR.participant_id]
    assert slots.leg_id == call.station_leg


async def test_asking_twice_is_asking_once(rig: Rig) -> None:
    station, _, consultation_id = await rig.waiting()
    await station.say(wire.RequestConsultation(urgency=Urgency.RED))
    again = await station.expect(wire.Waiting)
    assert again.consultation_id == consultation_id
    assert len(rig.store.records) == 1


async def test_the_queue_shows_urgency_first_and_the_place_moves(rig: Rig) -> None:
    doctor, _ = await rig.on_duty()
    green, _, green_id = await rig.waiting(STATION, Urgency.GREEN)
    rig.clock.now += 60
    _, leg_id, red_id = await rig.waiting(STATION_2, Urgency.RED)
    rig.media.measure(leg_id, level=2)
    queue = await doctor.expect(wire.Queue, lambda m: len(m.entries) == 2 and m.entries[0].link.level == 2)
    assert [(e.consultation_id, e.waiting_s) for e in queue.entries] == [(red_id, 0), (green_id, 60)]
    assert (queue.entries[0].station, queue.entries[0].site) == (STATION_2.name, STATION_2.site)
    moved = await green.expect(wire.Waiting, lambda m: m.position == 2)
    assert moved.on_duty == 1


async def test_only_one_of_two_doctors_gets_the_patient(rig: Rig) -> None:
    _, _, consultation_id = await rig.waiting()
    first, _ = await rig.on_duty(DOCTOR)
    second, _ = await rig.on_duty(DOCTOR_2)
    await asyncio.gather(
        first.say(wire.Accept(consultation_id=consultation_id)),
        second.say(wire.Accept(consultation_id=consultation_id)),
    )
    outcomes = await asyncio.gather(*(p.expect((wire.Consultation, wire.Error)) for p in (first, second)))  # type: ignore[arg-type]
    assert sorted(type(o).__name__ for o in outcomes) == ["Consultation", "Error"]
    assert {o.code for o in outcomes if isinstance(o, wire.Error)} == {"already_taken"}


async def test_a_doctor_is_in_one_consultation_at_a_time(rig: Rig) -> None:
    call = await rig.call()
    _, _, other_id = await rig.waiting(STATION_2)
    ref = await call.doctor.say(wire.Accept(consultation_id=other_id))
    error = await call.doctor.expect(wire.Error)
    assert (error.code, error.ref) == ("already_in_consultation", ref)


async def test_a_doctor_off_duty_cannot_accept(rig: Rig) -> None:
    _, _, consultation_id = await rig.waiting()
    await rig.on_duty(DOCTOR_2)
    doctor, _ = await rig.hello(DOCTOR)
    await doctor.say(wire.Accept(consultation_id=consultation_id))
    assert (await doctor.expect(wire.Error)).code == "not_on_duty"


async def test_nobody_is_notified_before_the_change_is_on_disk(rig: Rig) -> None:
    station, _, consultation_id = await rig.waiting()
    doctor, _ = await rig.on_duty()
    for page in (station, doctor):
        await page.ping()
        page.got.clear()
    rig.store.gate.clear()
    await doctor.say(wire.Accept(consultation_id=consultation_id))
    await station.ping()
    await station.ping()
    assert rig.media.rooms == {}
    assert not [m for m in station.got if isinstance(m, wire.Consultation) and m.state is not S.OFFERED]
    rig.store.gate.set()
    await state_is(station, S.IN_CALL)
    await state_is(doctor, S.IN_CALL)
    assert S.ACCEPTED in [r.state for r in rig.store.saved]


async def test_a_disk_that_fails_leaves_everything_as_it_was(rig: Rig) -> None:
    _, _, consultation_id = await rig.waiting()
    doctor, _ = await rig.on_duty()
    rig.store.broken = True
    await doctor.say(wire.Accept(consultation_id=consultation_id))
    assert (await doctor.expect(wire.Error)).code == "try_again"
    assert rig.media.rooms == {}
    rig.store.broken = False
    await doctor.say(wire.Accept(consultation_id=consultation_id))
    await state_is(doctor, S.IN_CALL)


async def test_a_patients_reason_is_not_logged_when_the_disk_fails(
    rig: Rig, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    station, _ = await rig.hello(STATION)
    rig.store.broken = True
    await station.say(wire.RequestConsultation(urgency=Urgency.RED, reason="grossesse"))
    assert (await station.expect(wire.Error)).code == "try_again"
    output = capsys.readouterr()
    assert "consultation_not_saved" in output.out + output.err + caplog.text
    assert "grossesse" not in output.out + output.err + caplog.text


async def test_a_lost_leg_interrupts_the_call_and_a_new_leg_resumes_it(rig: Rig) -> None:
    call = await rig.call()
    rig.media.say(call.station_leg, "disconnected")
    seen = await state_is(call.doctor, S.INTERRUPTED)
    assert seen.participants[0].presence is Presence.RECONNECTING
    leg_id = await rig.leg(call.station)
    await state_is(call.doctor, S.IN_CALL)
    assert rig.media.rooms == {leg_id: call.consultation_id, call.doctor_leg: call.consultation_id}
    assert call.station_leg not in rig.media.open


async def test_a_failed_leg_is_closed_by_the_server(rig: Rig) -> None:
    call = await rig.call()
    rig.media.say(call.station_leg, "failed")
    state = await call.station.expect(wire.LegState, lambda m: m.state == "failed")
    assert state.leg_id == call.station_leg
    await state_is(call.doctor, S.INTERRUPTED)
    assert rig.media.rooms == {call.doctor_leg: call.consultation_id}
    await call.station.ping()
    assert rig.media.open == {call.doctor_leg}


async def test_a_reloaded_station_is_back_in_its_call_by_itself(rig: Rig) -> None:
    call = await rig.call()
    await rig.lose(call.station, STATION)
    page, welcome = await rig.hello(STATION)
    assert not welcome.resumed
    assert welcome.leg_id == call.station_leg
    assert (await page.expect(wire.Consultation)).consultation_id == call.consultation_id
    await page.say(wire.LegOffer(sdp="v=0"))
    answer = await page.expect(wire.LegAnswer)
    assert answer.leg_id != call.station_leg
    rig.media.say(answer.leg_id, "connected")
    await state_is(page, S.IN_CALL)
    assert rig.media.rooms == {answer.leg_id: call.consultation_id, call.doctor_leg: call.consultation_id}
    part, join = ("part", call.station_leg), ("join", call.consultation_id, answer.leg_id)
    assert rig.media.calls.index(join) == rig.media.calls.index(part) + 1


async def test_a_page_that_lost_only_its_socket_keeps_its_leg(rig: Rig) -> None:
    call = await rig.call()
    rig.media.ask(call.station_leg, SendParameters(audio=AudioSend(active=True)))
    await call.station.expect(wire.SendParameters)
    await rig.lose(call.station, STATION)
    rig.clock.now += 130
    await rig.hub.sweep()
    assert rig.media.open == {call.station_leg, call.doctor_leg}
    page, welcome = await rig.resume(call.station, STATION)
    assert (welcome.resumed, welcome.leg_id) == (False, call.station_leg)
    assert (await page.expect(wire.Consultation)).state is S.IN_CALL
    assert (await page.expect(wire.SendParameters)).audio.active
    assert (await page.expect(wire.Slots)).slots[0].participant_id == DOCTOR.participant_id


async def test_a_doctor_lost_for_two_minutes_gives_the_patient_back_with_the_waiting_time(rig: Rig) -> None:
    call = await rig.call()
    await rig.lose(call.doctor, DOCTOR)
    rig.media.say(call.doctor_leg, "failed")
    await state_is(call.station, S.INTERRUPTED)
    rig.clock.now += 121
    await rig.hub.sweep()
    back = await state_is(call.station, S.REQUESTED)
    assert [p.participant_id for p in back.participants] == [STATION.participant_id]
    waiting = await call.station.expect(wire.Waiting, lambda m: m.on_duty == 0)
    assert (waiting.position, waiting.waiting_s) == (1, 121)
    other, _ = await rig.on_duty(DOCTOR_2)
    await other.say(wire.Accept(consultation_id=call.consultation_id))
    await state_is(call.station, S.IN_CALL)


async def test_a_doctor_back_within_two_minutes_still_has_the_patient(rig: Rig) -> None:
    call = await rig.call()
    await rig.lose(call.doctor, DOCTOR)
    rig.media.say(call.doctor_leg, "failed")
    await state_is(call.station, S.INTERRUPTED)
    rig.clock.now += 119
    await rig.hub.sweep()
    page, welcome = await rig.resume(call.doctor, DOCTOR)
    assert welcome.resumed
    await rig.leg(page)
    await state_is(call.station, S.IN_CALL)


async def test_a_patient_whose_station_is_unreachable_stays_in_the_queue(rig: Rig) -> None:
    station, leg_id, consultation_id = await rig.waiting()
    await rig.lose(station, STATION)
    rig.media.say(leg_id, "failed")
    rig.clock.now += 3_600
    await rig.hub.sweep()
    doctor, _ = await rig.on_duty()
    queue = next(m for m in doctor.got if isinstance(m, wire.Queue))
    assert [(e.consultation_id, e.link.level) for e in queue.entries] == [(consultation_id, 0)]
    page, _ = await rig.hello(STATION)
    assert (await page.expect(wire.Consultation)).consultation_id == consultation_id
    assert (await page.has(wire.Waiting)).waiting_s == 3_600


async def test_a_doctor_who_leaves_puts_the_patient_into_the_queue_and_is_free(rig: Rig) -> None:
    call = await rig.call()
    await call.doctor.say(wire.Leave(consultation_id=call.consultation_id))
    last = await call.doctor.expect(wire.Consultation, lambda m: m.state is not S.IN_CALL)
    assert DOCTOR.participant_id not in [p.participant_id for p in last.participants]
    await state_is(call.station, S.OFFERED)
    assert call.doctor_leg not in rig.media.rooms
    assert call.doctor_leg in rig.media.open
    await call.doctor.say(wire.Accept(consultation_id=call.consultation_id))
    await state_is(call.station, S.IN_CALL)


async def test_a_station_that_left_comes_back_by_asking_again_or_by_a_new_leg(rig: Rig) -> None:
    call = await rig.call()
    for comes_back in (wire.RequestConsultation(urgency=Urgency.GREEN), wire.LegOffer(sdp="v=0")):
        await call.station.say(wire.Leave(consultation_id=call.consultation_id))
        await state_is(call.doctor, S.INTERRUPTED)
        assert len(rig.media.rooms) == 1
        await call.station.say(comes_back)
        if isinstance(comes_back, wire.LegOffer):
            answer = await call.station.expect(wire.LegAnswer)
            rig.media.say(answer.leg_id, "connected")
        await state_is(call.doctor, S.IN_CALL)
        assert len(rig.media.rooms) == 2


async def test_end_closes_for_everybody_and_the_legs_stay_warm(rig: Rig) -> None:
    call = await rig.call()
    await call.station.say(wire.End(consultation_id=call.consultation_id))
    await state_is(call.station, S.CLOSED)
    await state_is(call.doctor, S.CLOSED)
    assert rig.media.rooms == {}
    assert rig.media.open == {call.station_leg, call.doctor_leg}
    await call.doctor.say(wire.End(consultation_id=call.consultation_id))
    assert (await call.doctor.expect(wire.Error)).code == "consultation_over"
    record = rig.store.records[call.consultation_id]
    assert (record.state, record.closed_by) == (S.CLOSED, STATION.participant_id)


async def test_a_request_can_be_withdrawn_but_not_a_call(rig: Rig) -> None:
    station, _, consultation_id = await rig.waiting()
    await station.say(wire.CancelRequest(consultation_id=consultation_id))
    await state_is(station, S.CANCELLED)
    call = await rig.call()
    await call.station.say(wire.CancelRequest(consultation_id=call.consultation_id))
    assert (await call.station.expect(wire.Error)).code == "call_under_way"


async def test_nobody_can_change_a_consultation_of_others(rig: Rig) -> None:
    call = await rig.call()
    other, _, _ = await rig.waiting(STATION_2)
    for message in (
        wire.End(consultation_id=call.consultation_id),
        wire.CancelRequest(consultation_id=call.consultation_id),
        wire.Leave(consultation_id=call.consultation_id),
        wire.End(consultation_id="no-such"),
    ):
        await other.say(message)
        assert (await other.expect(wire.Error)).code == "unknown_consultation"
    await call.doctor.ping()
    assert rig.store.records[call.consultation_id].state is S.IN_CALL


async def test_muted_media_is_shown_as_muted_and_stops_at_the_relay(rig: Rig) -> None:
    call = await rig.call()
    await call.station.say(wire.MediaState(audio_muted=True, video_muted=False))
    seen = await call.doctor.expect(wire.Consultation, lambda m: m.participants[0].audio_muted)
    assert not seen.participants[0].video_muted
    assert ("set_muted", call.station_leg, True, False) in rig.media.calls


async def test_a_device_that_gives_nothing_is_told_with_its_cause_and_not_as_switched_off(rig: Rig) -> None:
    call = await rig.call()
    busy = wire.DeviceFault.BUSY
    await call.station.say(wire.MediaState(audio_muted=False, video_muted=True, video_fault=busy))
    seen = await call.doctor.expect(wire.Consultation, lambda m: m.participants[0].video_muted)
    assert seen.participants[0].video_fault is busy
    assert "audio_fault" not in wire.encode(seen)  # the link is thin: what is well takes no bytes
    await call.station.say(wire.MediaState(audio_muted=False, video_muted=True))
    seen = await call.doctor.expect(wire.Consultation, lambda m: m.participants[0].video_fault is not busy)
    assert seen.participants[0].video_muted


async def test_a_station_whose_network_lets_no_media_through_is_shown_as_that_in_the_queue(rig: Rig) -> None:
    doctor, _ = await rig.on_duty()
    station, _ = await rig.hello(STATION)
    await station.say(wire.LegOffer(sdp="v=0"))
    leg_id = (await station.expect(wire.LegAnswer)).leg_id
    await station.say(wire.RequestConsultation(urgency=wire.Urgency.GREEN))
    await doctor.expect(wire.Queue, lambda m: m.entries)
    await station.say(wire.PathBlocked(leg_id="another"))
    await station.say(wire.PathBlocked(leg_id=leg_id))
    seen = await doctor.expect(wire.Queue, lambda m: m.entries[0].link.blocked is True)
    assert seen.entries[0].link.level == 0
    rig.media.say(leg_id, "connected")
    rig.media.measure(leg_id, 3)
    seen = await doctor.expect(wire.Queue, lambda m: m.entries[0].link.level == 3)
    assert not seen.entries[0].link.blocked
    assert "blocked" not in wire.encode(seen)
    # One way alone is blocked: packets still come from the page, and the engine takes the leg for connected.
    await station.say(wire.PathBlocked(leg_id=leg_id))
    await doctor.expect(wire.Queue, lambda m: m.entries[0].link.blocked is True)
    await station.say(wire.PathBlocked(leg_id=leg_id, blocked=False))
    await doctor.expect(wire.Queue, lambda m: m.entries[0].link.level == 3)


async def test_the_level_of_a_link_is_shown_to_the_other(rig: Rig) -> None:
    call = await rig.call()
    rig.media.measure(call.station_leg, level=1)
    own = await call.station.expect(wire.Link)
    assert (own.quality.level, own.quality.rtt_ms) == (1, 840)
    await call.doctor.expect(wire.Consultation, lambda m: m.participants[0].link.level == 1)


async def test_a_refused_offer_names_its_reason_and_leaves_the_old_leg(rig: Rig) -> None:
    call = await rig.call()
    ref = await call.station.say(wire.LegOffer(sdp=REFUSED_OFFER))
    error = await call.station.expect(wire.Error)
    assert (error.code, error.ref) == ("offer_without_audio", ref)
    assert rig.media.rooms[call.station_leg] == call.consultation_id


async def test_an_old_offer_never_replaces_the_leg_of_a_page_that_took_over(rig: Rig) -> None:
    call = await rig.call()
    rig.media.gate.clear()
    await call.station.say(wire.LegOffer(sdp="v=0"))
    page, _ = await rig.hello(STATION)
    await page.say(wire.LegOffer(sdp="v=0"))
    await until(lambda: [c[0] for c in rig.media.calls].count("open_leg") == 4)
    rig.media.gate.set()
    answer = await page.expect(wire.LegAnswer)
    await page.ping()
    assert rig.media.open == {answer.leg_id, call.doctor_leg}
    assert rig.media.rooms == {answer.leg_id: call.consultation_id, call.doctor_leg: call.consultation_id}


async def test_a_doctors_bye_ends_duty_and_gives_the_patient_back(rig: Rig) -> None:
    call = await rig.call()
    await call.doctor.say(wire.Bye())
    assert await call.doctor.closed() == 1000
    await state_is(call.station, S.REQUESTED)
    assert rig.media.open == {call.station_leg}


async def test_duty_that_the_disk_refuses_is_refused(rig: Rig) -> None:
    doctor, _ = await rig.hello(DOCTOR)
    rig.store.broken = True
    await doctor.say(wire.SetDuty(on=True))
    assert (await doctor.expect(wire.Error)).code == "try_again"
    assert DOCTOR.participant_id not in rig.desk.state.pairing.on_duty


async def test_what_was_switched_off_stays_off_on_a_new_leg(rig: Rig) -> None:
    call = await rig.call()
    await call.station.say(wire.MediaState(audio_muted=True, video_muted=False))
    await call.doctor.expect(wire.Consultation, lambda m: m.participants[0].audio_muted)
    call.doctor.got.clear()
    leg_id = await rig.leg(call.station)
    assert ("set_muted", leg_id, True, False) in rig.media.calls
    assert rig.media.calls.index(("set_muted", leg_id, True, False)) < rig.media.calls.index(
        ("join", call.consultation_id, leg_id)
    )
    await call.doctor.expect(wire.Consultation, lambda m: m.participants[0].presence is Presence.CONNECTED)
    shown = [m for m in call.doctor.got if isinstance(m, wire.Consultation)]
    assert all(m.participants[0].audio_muted for m in shown)


@pytest.mark.parametrize(
    ("principal", "message"),
    [
        (DOCTOR, wire.RequestConsultation(urgency=Urgency.RED)),
        (STATION, wire.SetDuty(on=True)),
        (STATION, wire.Accept(consultation_id="c")),
        (Principal("m", Role.MEDIATOR, "M", ""), wire.End(consultation_id="c")),
    ],
)
async def test_a_message_of_another_role_closes_the_socket(
    rig: Rig, principal: Principal, message: wire.ClientMessage
) -> None:
    page, _ = await rig.hello(principal)
    await page.say(message)
    goodbye = await page.expect(wire.Goodbye)
    assert (goodbye.code, goodbye.retry) == ("unexpected_message", True)
    assert await page.closed() == 4400


async def test_a_waiting_station_gets_its_place_again_and_again() -> None:
    async with running_rig(remind_every_s=0.02) as rig:
        station, _, _ = await rig.waiting()
        rig.clock.now += 65
        waiting = await station.expect(wire.Waiting, lambda m: m.waiting_s == 65)
        assert waiting.position == 1
        await station.expect(wire.Waiting)


async def test_a_patient_is_given_back_even_if_the_disk_failed_at_first() -> None:
    async with running_rig(remind_every_s=0.02) as rig:
        call = await rig.call()
        await rig.lose(call.doctor, DOCTOR)
        rig.media.say(call.doctor_leg, "failed")
        await state_is(call.station, S.INTERRUPTED)
        rig.store.broken = True
        rig.clock.now += 121
        await rig.hub.sweep()
        assert rig.store.records[call.consultation_id].clinician_id == DOCTOR.participant_id
        rig.store.broken = False
        await state_is(call.station, S.REQUESTED)
        assert rig.store.records[call.consultation_id].clinician_id is None
