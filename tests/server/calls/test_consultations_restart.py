"""Consultations and duty over a restart of the server: what was on disk is as before."""

from __future__ import annotations

from signaling import messages as wire
from signaling.messages import ConsultationState as S
from signaling.messages import Presence
from tests.support.signaling import DOCTOR, DOCTOR_2, STATION, STATION_2, MemoryStore, running_rig, state_is


async def test_after_a_restart_every_consultation_is_as_before() -> None:
    store = MemoryStore()
    async with running_rig(store) as rig:
        call = await rig.call()
        _, _, waiting_id = await rig.waiting(STATION_2)
    async with running_rig(store) as rig:
        doctor, _ = await rig.hello(DOCTOR)
        seen = await doctor.expect(wire.Consultation)
        assert (seen.state, seen.consultation_id) == (S.INTERRUPTED, call.consultation_id)
        assert [p.presence for p in seen.participants] == [Presence.RECONNECTING] * 2
        await rig.leg(doctor)
        station, _ = await rig.hello(STATION)
        await rig.leg(station)
        await state_is(doctor, S.IN_CALL)
        other, _ = await rig.hello(STATION_2)
        assert (await other.has(wire.Waiting)).consultation_id == waiting_id


async def test_after_a_restart_whoever_was_on_duty_is_on_duty() -> None:
    store = MemoryStore()
    async with running_rig(store) as rig:
        await rig.on_duty(DOCTOR)
        other, _ = await rig.on_duty(DOCTOR_2)
        await other.say(wire.SetDuty(on=False))
        await other.expect(wire.Duty, lambda m: not m.on)
    async with running_rig(store) as rig:
        # Offered before the doctor is back, as to anybody whose link is away for a moment.
        station, _, _ = await rig.waiting()
        assert [m.on_duty for m in station.got if isinstance(m, wire.Waiting)][-1] == 1
        doctor, _ = await rig.hello(DOCTOR)
        await doctor.expect(wire.Duty, lambda m: m.on)
        await doctor.expect(wire.Queue, lambda m: len(m.entries) == 1)
        other, _ = await rig.hello(DOCTOR_2)
        assert not (await other.expect(wire.Duty)).on


async def test_after_a_restart_duty_ends_for_a_doctor_who_does_not_come_back() -> None:
    store = MemoryStore()
    async with running_rig(store) as rig:
        await rig.on_duty()
    for _ in range(2):
        async with running_rig(store) as rig:
            rig.clock.now += 121
            await rig.hub.sweep()
            doctor, _ = await rig.hello(DOCTOR)
            assert not (await doctor.expect(wire.Duty)).on


async def test_what_a_page_says_is_off_before_its_first_leg_is_off_on_that_leg() -> None:
    store = MemoryStore()
    async with running_rig(store) as rig:
        await rig.call()
    async with running_rig(store) as rig:
        doctor, _ = await rig.hello(DOCTOR)
        station, _ = await rig.hello(STATION)
        await station.say(wire.MediaState(audio_muted=False, video_muted=True))
        leg_id = await rig.leg(station)
        assert ("set_muted", leg_id, False, True) in rig.media.calls
        await rig.leg(doctor)
        seen = await state_is(doctor, S.IN_CALL)
        assert (seen.participants[0].audio_muted, seen.participants[0].video_muted) == (False, True)


async def test_after_a_restart_a_doctor_who_does_not_come_back_gives_the_patient_back() -> None:
    store = MemoryStore()
    async with running_rig(store) as rig:
        call = await rig.call()
    async with running_rig(store) as rig:
        station, _ = await rig.hello(STATION)
        await state_is(station, S.INTERRUPTED)
        rig.clock.now += 121
        await rig.hub.sweep()
        await state_is(station, S.REQUESTED)
        assert store.records[call.consultation_id].clinician_id is None
