"""Rungs and pins over real WebSockets: who gets them, what reaches the engine, and how long a choice holds."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from media.core.parameters import ClinicalProfile, Preferences, RungReport
from server.calls.desk import notifier
from signaling import messages as wire
from signaling.limits import LINK_EVERY_S, THIN_NOTICE_EVERY_S
from signaling.messages import Rung, RungReason
from tests.support.signaling import STATION, Page, Rig, running_rig, until

THIN = RungReport(down=Rung.VIDEO, up=Rung.VOICE, reason=RungReason.LINK)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with running_rig() as running:
        yield running


def preferences_asked(rig: Rig) -> list[tuple[str, Preferences]]:
    return [(call[1], call[2]) for call in rig.media.calls if call[0] == "set_preferences"]


async def test_a_page_gets_its_rungs_and_the_other_participant_sees_them(rig: Rig) -> None:
    call = await rig.call()
    rig.media.stand(call.station_leg, THIN)
    own = await call.station.expect(wire.Rungs)
    assert (own.leg_id, own.down, own.up, own.reason) == (
        call.station_leg,
        Rung.VIDEO,
        Rung.VOICE,
        RungReason.LINK,
    )
    seen = await call.doctor.expect(wire.Consultation, lambda m: m.participants[0].rung_up is Rung.VOICE)
    station, doctor = seen.participants
    assert (station.rung_down, station.rung_reason) == (Rung.VIDEO, RungReason.LINK)
    assert (doctor.rung_down, doctor.rung_up, doctor.rung_reason) == (None, None, None)
    assert (station.site, doctor.site) == ("Kayes", "")


async def test_nobody_has_a_rung_outside_a_call(rig: Rig) -> None:
    call = await rig.call()
    rig.media.stand(call.station_leg, THIN)
    await call.doctor.expect(wire.Consultation, lambda m: m.participants[0].rung_up is Rung.VOICE)
    await call.doctor.say(wire.Leave(consultation_id=call.consultation_id))
    waits = await call.station.expect(wire.Consultation, lambda m: m.state is wire.ConsultationState.OFFERED)
    assert waits.participants[0].rung_up is None


async def test_a_persons_choice_reaches_the_engine(rig: Rig) -> None:
    call = await rig.call()
    await call.doctor.say(wire.Preferences(audio_only=True, profile=wire.ClinicalProfile.MOTION))
    await call.doctor.ping()
    asked = Preferences(audio_only=True, profile=ClinicalProfile.MOTION)
    assert preferences_asked(rig) == [(call.doctor_leg, asked)]


async def test_a_station_cannot_ask_for_a_profile_of_the_doctors_picture(rig: Rig) -> None:
    call = await rig.call()
    await call.station.say(wire.Preferences(save_data=True, profile=wire.ClinicalProfile.DETAIL))
    await call.station.ping()
    assert preferences_asked(rig) == [(call.station_leg, Preferences(save_data=True))]


async def test_a_choice_holds_for_the_next_leg_too(rig: Rig) -> None:
    page, _ = await rig.hello(STATION)
    await page.say(wire.Preferences(save_data=True))
    first = await rig.leg(page)
    second = await rig.leg(page)
    chosen = Preferences(save_data=True)
    assert preferences_asked(rig) == [(first, chosen), (second, chosen)]


async def test_a_choice_ends_with_the_session(rig: Rig) -> None:
    page, _ = await rig.hello(STATION)
    await page.say(wire.Preferences(audio_only=True))
    await page.ping()
    await page.say(wire.Bye())
    await page.closed()
    await until(lambda: not rig.hub.has_session(STATION.participant_id))
    page, _ = await rig.hello(STATION)
    await rig.leg(page)
    assert preferences_asked(rig) == []


async def test_a_page_that_returns_gets_its_rungs_again(rig: Rig) -> None:
    call = await rig.call()
    rig.media.stand(call.station_leg, THIN)
    await call.station.expect(wire.Rungs)
    await rig.lose(call.station, STATION)
    page, _ = await rig.hello(STATION)
    again = await page.expect(wire.Rungs)
    assert (again.down, again.up) == (Rung.VIDEO, Rung.VOICE)


async def test_rungs_of_a_leg_in_no_room_are_sent_to_nobody(rig: Rig) -> None:
    page, leg_id, _ = await rig.waiting()
    rig.media.stand(leg_id, THIN)
    await page.ping()
    assert not [message for message in page.got if isinstance(message, wire.Rungs)]


async def test_pages_get_the_price_of_data(rig: Rig) -> None:
    rig.hub._data_price_per_gb, rig.hub._data_currency = 2000, "FCFA"
    _, welcome = await rig.hello(STATION)
    assert (welcome.data_price_per_gb, welcome.data_currency) == (2000, "FCFA")


VOICE = RungReport(down=Rung.VOICE, up=Rung.VOICE, reason=RungReason.LINK)
THIN_KBPS = 16
# Bytes of a frame beside its JSON: WebSocket (RFC 6455 section 5.2), TCP with timestamps, and IPv4.
FRAME_OVERHEAD_BYTES = 4 + 32 + 20
# The share of a link of 16 kbit/s that signaling may take while somebody talks.
SIGNALING_SHARE = 0.03


async def consultations_of(page: Page) -> list[wire.Consultation]:
    """The consultation messages that the page has received since the last call."""
    await page.ping()
    seen = [message for message in page.got if isinstance(message, wire.Consultation)]
    page.got.clear()
    return seen


async def test_a_thin_link_gets_the_others_rungs_rarely_and_in_the_end_the_current_ones(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await rig.call()
    # The test decides when the interval is over.
    monkeypatch.setattr(notifier, "THIN_NOTICE_EVERY_S", 3_600.0)
    rig.media.measure(call.station_leg, 1, down_kbps=THIN_KBPS)
    await consultations_of(call.station)
    await consultations_of(call.doctor)
    for _ in range(4):
        for report in (VOICE, THIN):
            rig.media.stand(call.doctor_leg, report)
            await call.doctor.ping()
    assert len(await consultations_of(call.doctor)) == 8
    received = await consultations_of(call.station)
    assert all(one.participants[1].rung_down is not Rung.VOICE for one in received)
    rig.desk._notifier._interval_timers[STATION.participant_id].cancel()
    rig.desk._notifier._interval_over(STATION.participant_id)
    (last,) = await consultations_of(call.station)
    assert last.participants[1].rung_down is Rung.VIDEO
    rig.media.stand(call.doctor_leg, VOICE)
    assert await consultations_of(call.station) == [], "a new interval has started"


async def test_a_thin_link_learns_at_once_who_is_muted(rig: Rig) -> None:
    call = await rig.call()
    rig.media.measure(call.station_leg, 1, down_kbps=THIN_KBPS)
    rig.media.stand(call.doctor_leg, THIN)
    await call.doctor.say(wire.MediaState(audio_muted=True, video_muted=False))
    await call.station.expect(wire.Consultation, lambda m: m.participants[1].audio_muted)


async def test_consultation_messages_leave_a_thin_link_to_the_voice(rig: Rig) -> None:
    call = await rig.call()
    rig.media.measure(call.station_leg, 1, down_kbps=THIN_KBPS)
    for leg_id in (call.station_leg, call.doctor_leg):
        rig.media.stand(leg_id, THIN)
    consultation = await call.doctor.expect(
        wire.Consultation, lambda m: all(one.rung_down for one in m.participants)
    )
    link = await call.station.has(wire.Link)
    down_bps = sum(
        (len(wire.encode(message)) + FRAME_OVERHEAD_BYTES) * 8 / every_s
        for message, every_s in ((consultation, THIN_NOTICE_EVERY_S), (link, LINK_EVERY_S))
    )
    assert down_bps <= SIGNALING_SHARE * THIN_KBPS * 1000
