"""A participant's choice takes effect in the engine at once, and the resulting rungs are reported."""

from __future__ import annotations

import asyncio

from media.core.parameters import (
    AudioSend,
    Preferences,
    Rung,
    RungReason,
    SendParameters,
    StillsSend,
    VideoSend,
)
from media.core.quality import Side
from media.core.share import Target
from media.engine.copies.copystream import CopyStream
from media.engine.copies.pool import DownscalerPool
from media.engine.relay.control import SAVE_DATA_BPS
from tests.support.leg_client import KEYFRAME, relay, until, video_passes, voice_passes

AUDIO_ONLY = Preferences(audio_only=True)


async def test_audio_only_stops_the_picture_both_ways_and_leaves_the_voice() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await video_passes(station, doctor)
        await video_passes(doctor, station)
        running.engine.set_preferences("doctor", AUDIO_ONLY)
        marks = len(station.packets), len(doctor.packets)
        for sender in (station, doctor):
            sender.send_video(KEYFRAME + b"unwanted")
        await voice_passes(station, doctor)
        await voice_passes(doctor, station)
        late = station.packets[marks[0] :] + doctor.packets[marks[1] :]
        assert not any(b"unwanted" in one.payload for one in late)
        assert not running.heard.parameters["station"].video.active
        assert not running.heard.parameters["doctor"].video.active
        running.engine.set_preferences("doctor", Preferences())
        await video_passes(station, doctor)
        await video_passes(doctor, station)


async def test_in_a_call_of_three_one_may_listen_only() -> None:
    async with relay() as running:
        station, doctor, mediator = await running.call("station", "doctor", "mediator")
        running.engine.set_preferences("mediator", AUDIO_ONLY)
        await video_passes(station, doctor)
        await voice_passes(station, mediator)
        assert not [one for one in mediator.packets if one.kind == "video"]


async def test_whoever_joins_later_finds_the_choice_in_force() -> None:
    async with relay() as running:
        doctor = await running.connect("doctor")
        running.engine.set_preferences("doctor", AUDIO_ONLY)
        station = await running.connect("station")
        for leg_id in ("doctor", "station"):
            running.engine.join("room", leg_id)
        station.send_video(KEYFRAME + b"unwanted")
        await voice_passes(station, doctor)
        assert not [one for one in doctor.packets if one.kind == "video"]


async def test_a_camera_that_was_off_stays_off_when_the_pin_is_taken_out() -> None:
    async with relay() as running:
        await running.call("station", "doctor")
        running.engine.set_muted("station", audio=False, video=True)
        running.engine.set_preferences("station", AUDIO_ONLY)
        running.engine.set_preferences("station", Preferences())
        assert running.member("station").uplink.video.muted


async def test_saving_data_is_seen_by_whoever_sends_to_this_leg() -> None:
    async with relay() as running:
        await running.call("station", "doctor")
        running.engine.set_preferences("doctor", Preferences(save_data=True))
        control = running.control("doctor")
        assert control.receiver_view(0.0).estimate_bps <= SAVE_DATA_BPS
        running.engine.set_preferences("doctor", Preferences())
        # At first nobody knows what the link carries.
        await until(lambda: control.receiver_view(0.0).estimate_bps > SAVE_DATA_BPS)


async def test_rungs_are_reported_only_while_two_participants_are_there() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await voice_passes(station, doctor)
        await until(lambda: {"station", "doctor"} <= set(running.heard.rungs))
        running.engine.set_preferences("doctor", AUDIO_ONLY)
        await until(lambda: running.heard.rungs["doctor"].reason is RungReason.PINNED)
        await until(lambda: running.heard.rungs["station"].reason is RungReason.OTHER_SIDE)
        assert running.heard.rungs["doctor"].down in (Rung.VOICE, Rung.VOICE_THIN)
        running.engine.part("doctor")
        running.heard.rungs.clear()
        await asyncio.sleep(0.6)  # two ticks that would report
        assert running.heard.rungs == {}


async def test_a_choice_for_an_unknown_leg_does_nothing() -> None:
    async with relay() as running:
        running.engine.set_preferences("nobody", AUDIO_ONLY)


async def test_a_lower_copy_is_reported_as_no_more_than_the_link_carries() -> None:
    async with relay() as running:
        await running.call("station", "doctor")
        station, control = running.member("station"), running.control("doctor")
        sends = SendParameters(AudioSend(active=True), VideoSend(active=True, max_bitrate_bps=10_000_000))
        station.side = Side(sends=sends)
        assert control.reports.as_shown(station) is station.side
        copy = CopyStream(station.uplink.video, DownscalerPool(), 4711, Target(120, 10.0, 40_000))
        copy.attach(running.member("doctor").downlink.slots[0].video)
        shown_bps = control.reports.as_shown(station).sends.video.max_bitrate_bps
        assert shown_bps == round(running.member("doctor").downlink.estimate.estimate_bps)
        assert control.reports.as_shown(station).sends.audio == sends.audio


async def test_a_page_asked_for_stills_stands_on_their_rung() -> None:
    async with relay() as running:
        await running.call("station", "doctor")
        running.engine.set_preferences("doctor", Preferences(save_data=True))
        turns = running.engine._turns
        turns.ask_for_stills(running.control("station"), StillsSend(4.0, 8_000, 320))
        await until(lambda: running.heard.rungs.get("doctor"))
        await until(lambda: running.heard.rungs["doctor"].down is Rung.STILLS)
        turns.ask_for_stills(running.control("station"), StillsSend())
        await until(lambda: running.heard.rungs["doctor"].down is not Rung.STILLS)
