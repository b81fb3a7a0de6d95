"""The own microphone and camera: mute, light, choices, and what outlives a reload, in a real Chromium."""

from __future__ import annotations

import pytest

from tests.web.call.near import WELCOME, Near

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_mute_silences_the_track_and_tells_the_others(near: Near) -> None:
    await near.run("media.devices.tellOthers(true); await media.devices.open(); media.devices.setMuted(true)")
    assert await near.run("return media.devices.capture.tracks.audio.enabled") is False
    assert (await near.sent("media_state"))[-1] == {
        "type": "media_state", "audio_muted": True, "video_muted": False,
    }  # fmt: skip


async def test_camera_off_puts_its_light_out_and_on_again_sends_a_new_track(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run(
        "media.devices.tellOthers(true); await media.devices.open();"
        "window.first = media.devices.capture.tracks.video"
    )
    await near.until("near.at(-1).getSenders()[1].track === first")
    await near.run("await media.devices.setCameraOff(true)")
    assert await near.run("return first.readyState") == "ended"
    await near.until("near.at(-1).getSenders()[1].track === null")
    assert (await near.sent("media_state"))[-1]["video_muted"] is True
    await near.run("await media.devices.setCameraOff(false)")
    await near.until("near.at(-1).getSenders()[1].track?.readyState === 'live'")
    assert (await near.sent("media_state"))[-1]["video_muted"] is False


NOTHING_OFF = {"type": "media_state", "audio_muted": False, "video_muted": False}
NO_CHOICE = {"type": "preferences", "audio_only": False, "save_data": False, "profile": "face"}


async def test_what_was_chosen_is_told_at_once_and_again_in_a_new_session(near: Near) -> None:
    await near.run("media.devices.choose({ save_data: true, profile: 'detail' })")
    chosen = NO_CHOICE | {"save_data": True, "profile": "detail"}
    assert await near.sent("preferences") == [chosen]
    await near.run("media.handle(given)", WELCOME | {"resumed": True})
    assert await near.sent("preferences") == [chosen]
    await near.run("media.handle(given)", WELCOME)
    assert await near.sent("preferences") == [chosen] * 2


async def test_a_page_without_a_choice_says_so_in_a_new_session(near: Near) -> None:
    # The server may still hold what a page before the reload had chosen.
    await near.run("media.handle(given)", WELCOME)
    assert await near.sent("preferences") == [NO_CHOICE]


async def test_voice_only_puts_the_cameras_light_out_without_calling_it_off(near: Near) -> None:
    await near.run(
        "media.devices.tellOthers(true); await media.devices.open(); media.devices.choose({ audio_only: true })"
    )
    assert await near.run("return media.devices.capture.tracks.video") is None
    assert await near.sent("media_state") == [NOTHING_OFF]
    assert await near.run("return media.devices.cameraRests") is True
    await near.run("await media.devices.open()")
    assert await near.run("return media.devices.capture.tracks.video") is None
    await near.run("await media.devices.setCameraOff(false)")
    assert (await near.sent("preferences"))[-1] == NO_CHOICE
    await near.until("media.devices.capture.tracks.video?.readyState === 'live'")


async def test_choices_outlive_the_page_but_not_the_patient(near: Near) -> None:
    await near.run("media.devices.choose({ audio_only: true, profile: 'motion' })")
    reborn = """const { Media } = await import('/web/shared/call/link/media.js');
        const again = new Media({ send: () => 0, onDevices() {}, onSlots() {}, onLeg() {} });
        return again.devices.preferences"""
    assert await near.run(reborn) == {"audio_only": True, "save_data": False, "profile": "motion"}
    await near.run("media.devices.forgetChoices({ profile: 'face' })")
    assert (await near.run(reborn))["audio_only"] is True
    await near.run("media.devices.forgetChoices()")
    assert await near.run(reborn) == {"audio_only": False, "save_data": False, "profile": "face"}
    sent = len(await near.sent("preferences"))
    await near.run("media.devices.forgetChoices()")
    assert len(await near.sent("preferences")) == sent


async def test_what_was_switched_off_stays_off_over_a_reload_but_not_for_the_next_call(near: Near) -> None:
    await near.run("media.devices.setMuted(true); await media.devices.setCameraOff(true)")
    reborn = """const { Media } = await import('/web/shared/call/link/media.js');
        const sent = [];
        const again = new Media({ send: (one) => sent.push(one), onDevices() {}, onSlots() {}, onLeg() {} });
        again.devices.tellOthers(true);
        await again.devices.open();
        const { audio, video } = again.devices.capture.tracks;
        const { muted, cameraRests } = again.devices;
        return { muted, rests: cameraRests, enabled: audio.enabled, video, sent }"""
    told = {"type": "media_state", "audio_muted": True, "video_muted": True}
    assert await near.run(reborn) == {
        "muted": True, "rests": True, "enabled": False, "video": None, "sent": [told],
    }  # fmt: skip
    await near.run("media.devices.forgetOff()")
    again = await near.run(f"{reborn.replace('video, sent', 'video: video !== null, sent')}")
    assert again == {"muted": False, "rests": False, "enabled": True, "video": True, "sent": [NOTHING_OFF]}


async def test_the_server_hears_at_once_after_a_call_that_nothing_is_off_any_more(near: Near) -> None:
    await near.run("media.devices.tellOthers(true); media.devices.setMuted(true)")
    await near.run("media.devices.tellOthers(false); media.devices.forgetOff()")
    assert (await near.sent("media_state"))[-1] == NOTHING_OFF
    told = len(await near.sent("media_state"))
    await near.run("media.devices.tellOthers(true)")
    assert len(await near.sent("media_state")) == told


async def test_every_new_session_is_told_what_is_off_and_a_resumed_one_only_what_changed(near: Near) -> None:
    await near.run("media.devices.tellOthers(true); media.devices.setMuted(true)")
    muted = {"type": "media_state", "audio_muted": True, "video_muted": False}
    assert (await near.sent("media_state"))[-1] == muted
    told = len(await near.sent("media_state"))
    await near.run("media.handle(given)", WELCOME | {"resumed": True})
    assert len(await near.sent("media_state")) == told
    # Of a server that has begun anew, or a page that has: it may hold anything.
    await near.run("media.handle(given)", WELCOME)
    assert len(await near.sent("media_state")) == told + 1
    await near.run("media.devices.setMuted(false)")
    await near.run("media.handle(given)", WELCOME)
    assert (await near.sent("media_state"))[-1] == NOTHING_OFF
    assert len(await near.sent("media_state")) == told + 3


@pytest.mark.parametrize(
    ("faults", "states"),
    [
        ({}, {"audio": "on", "video": "on"}),
        ({"video": "NotFoundError"}, {"audio": "on", "video": "none"}),
        ({"audio": "NotFoundError"}, {"audio": "none", "video": "on"}),
        ({"audio": "NotAllowedError", "video": "NotAllowedError"}, {"audio": "denied", "video": "denied"}),
        ({"video": "NotReadableError"}, {"audio": "on", "video": "busy"}),
        ({"audio": "NotAllowedError", "video": "NotFoundError"}, {"audio": "denied", "video": "none"}),
    ],
    ids=["all well", "no camera", "no microphone", "refused", "camera busy", "refused and none"],
)
async def test_what_works_is_opened_and_what_does_not_is_named(
    near: Near, faults: dict[str, str], states: dict[str, str]
) -> None:
    await near.run(
        """const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (wanted) => {
            for (const kind of ['audio', 'video']) {
                if (wanted[kind] && given[kind]) throw new DOMException('test', given[kind]);
            }
            return real(wanted);
        };
        media.devices.tellOthers(true);
        await media.devices.open();""",
        faults,
    )
    assert await near.run("return media.devices.capture.states") == states
    # The others read what is wrong, unless the person has switched the device off.
    missing = {kind: state for kind, state in states.items() if state != "on"}
    told = {f"{kind}_muted": kind in missing for kind in states}
    told |= {f"{kind}_fault": state for kind, state in missing.items()}
    assert (await near.sent("media_state"))[-1] == {"type": "media_state"} | told
    await near.run("media.devices.setMuted(true); await media.devices.setCameraOff(true)")
    off = {"type": "media_state", "audio_muted": True, "video_muted": True}
    assert (await near.sent("media_state"))[-1] == off
