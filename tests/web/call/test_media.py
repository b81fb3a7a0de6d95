"""What a page offers, and what it sends when the server says so, in a real Chromium."""

from __future__ import annotations

import json
import re

import pytest

from media.engine.transport.offer import read_offer
from tests.web.call.near import PICTURE, VOICE, WELCOME, Near

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_first_offer_does_not_wait_for_the_first_welcome(near: Near) -> None:
    await near.run("media.leg.start()")
    assert await near.sent("leg_offer") == []
    await near.run("media.leg.prepare([{ urls: ['turn:203.0.113.1'], username: 'u', credential: 'c' }])")
    await near.offered(1)
    assert await near.run("return near.at(-1).getConfiguration().iceServers.length") == 1
    await near.run("media.handle(given)", WELCOME | {"ice_servers": []})
    await near.answered()  # the welcome of the session it belongs to does not void it
    assert len(await near.sent("leg_offer")) == 1


async def test_the_next_leg_uses_the_newest_names_of_the_turn_servers(near: Near) -> None:
    turn = [{"urls": ["turn:203.0.113.1"], "username": "morning", "credential": "c"}]
    await near.start()
    await near.run("media.handle(given)", WELCOME | {"ice_servers": turn})
    await near.answered()
    evening = [turn[0] | {"username": "evening"}]
    await near.run("media.handle(given)", {"type": "ice_servers", "ice_servers": evening})
    assert len(await near.sent("leg_offer")) == 1  # the leg there is goes on
    await near.run("media.leg.stop(); media.leg.start()")
    await near.offered(2)
    assert await near.run("return near.at(-1).getConfiguration().iceServers[0].username") == "evening"


async def test_an_offer_names_one_profile_of_each_codec_that_is_forwarded(near: Near) -> None:
    await near.start()
    sdp = (await near.sent("leg_offer"))[0]["sdp"]
    own_video = sdp.split("m=video", 2)[1].split("m=")[0]
    names = re.findall(r"a=rtpmap:\d+ ([\w-]+)/", own_video)
    assert sorted({name for name in names if name != "rtx"}) == ["AV1", "H264", "VP8", "VP9"]
    assert [names.count(name) for name in ("AV1", "VP8", "VP9")] == [1, 1, 1]
    own_audio = sdp.split("m=audio", 2)[1].split("m=")[0]
    assert re.findall(r"a=rtpmap:\d+ (\w+)/", own_audio) == ["opus", "red"]


async def test_the_one_offer_holds_own_media_three_slots_and_a_data_channel_in_this_order(near: Near) -> None:
    await near.start()
    sdp = str((await near.sent("leg_offer"))[0]["sdp"])
    sections = sdp.split("\r\nm=")[1:]
    assert [section.split(" ")[0] for section in sections] == ["audio", "video"] * 4 + ["application"]
    directions = ["sendonly" if "a=sendonly" in section else "recvonly" for section in sections[:8]]
    assert directions == ["sendonly"] * 2 + ["recvonly"] * 6
    assert "a=candidate" not in sdp


async def test_nothing_is_sent_before_the_server_says_so(near: Near) -> None:
    await near.start()
    await near.answered()
    assert [encoding["active"] for encoding in await near.encodings()] == [False, False]


async def test_send_parameters_reach_the_encoders(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.steered()
    await near.until("near.at(-1).getSenders()[1].getParameters().encodings[0].active")
    audio, video = await near.encodings()
    assert (audio["active"], audio["maxBitrate"]) == (True, 16_000)
    assert (video["maxBitrate"], video["maxFramerate"], video["scaleResolutionDownBy"]) == (60_000, 8, 2)


async def test_a_group_has_a_line_for_a_second_small_picture_that_carries_it_only_while_it_is_asked_for(
    near: Near,
) -> None:
    await near.run("await media.devices.open(); media.leg.wantSlots(7)")
    await near.start()
    (offer,) = await near.sent("leg_offer")
    read = read_offer(offer["sdp"])
    assert len(read.slots) == 7
    assert read.own_low is not None
    assert read.own_low.ssrc not in (0, read.own_video.ssrc)
    await near.answered()
    low = "near.at(-1).getTransceivers().at(-1).sender"
    assert await near.run(f"return {low}.track") is None
    await near.run(
        """media.handle({ type: 'send_parameters', leg_id: 'leg-1', audio: given.audio, video: given.video,
            low: given.low });""",
        {"audio": VOICE, "video": PICTURE, "low": PICTURE | {"scale_resolution_down_by": 4.0}},
    )
    await near.until(f"{low}.getParameters().encodings[0].active && {low}.track")
    encoding = await near.run(f"return {low}.getParameters().encodings[0]")
    assert (encoding["maxBitrate"], encoding["scaleResolutionDownBy"]) == (60_000, 4)
    await near.steered()
    await near.until(f"!{low}.getParameters().encodings[0].active && !{low}.track")
    assert (await near.encodings())[1]["active"]


async def test_an_ordinary_offer_has_no_line_for_a_second_picture(near: Near) -> None:
    await near.start()
    (offer,) = await near.sent("leg_offer")
    assert read_offer(offer["sdp"]).own_low is None
    assert offer["sdp"].count("m=video ") == 4


async def test_a_page_that_sends_twice_has_that_line_in_every_offer(near: Near) -> None:
    await near.run("media.leg.sendsTwice = true")
    await near.start()
    (offer,) = await near.sent("leg_offer")
    read = read_offer(offer["sdp"])
    assert len(read.slots) == 3
    assert read.own_low is not None


async def test_an_order_of_the_unreliable_channel_leaves_the_thinnest_voice_until_new_parameters(
    near: Near,
) -> None:
    await near.run(
        """const make = RTCPeerConnection.prototype.createDataChannel;
        RTCPeerConnection.prototype.createDataChannel = function (label, options) {
            const channel = make.call(this, label, options);
            if (label === "probe") window.orders = channel;
            return channel;
        };"""
    )
    await near.start()
    await near.answered()
    await near.steered()
    await near.until("near.at(-1).getSenders()[1].getParameters().encodings[0].active")
    await near.run(
        "orders.dispatchEvent(new MessageEvent('message', { data: new Uint8Array([0x71]).buffer }))"
    )
    await near.until("!near.at(-1).getSenders()[1].getParameters().encodings[0].active")
    assert (await near.encodings())[0]["maxBitrate"] == 6_000
    await near.until("near.at(-1).remoteDescription.sdp.includes('a=ptime:120')")
    await near.steered(video=PICTURE | {"max_bitrate_bps": 48_000})
    await near.until("near.at(-1).getSenders()[1].getParameters().encodings[0].active")
    assert (await near.encodings())[0]["maxBitrate"] == 16_000


async def test_a_codec_is_chosen_when_both_have_it_and_an_unknown_one_does_no_harm(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.steered(video=PICTURE | {"codec": "video/VP9"})
    await near.until(
        "near.at(-1).getSenders()[1].getParameters().encodings[0].codec?.mimeType === 'video/VP9'"
    )
    await near.steered(video=PICTURE | {"codec": "video/unheard-of", "max_bitrate_bps": 50_000})
    await near.until("near.at(-1).getSenders()[1].getParameters().encodings[0].maxBitrate === 50000")
    assert (await near.encodings())[1].get("codec") is None


async def test_the_camera_is_asked_for_more_only_when_more_is_to_be_sent(near: Near) -> None:
    size = "return media.devices.capture.tracks.video.getSettings()"
    await near.run("await media.devices.open()")
    await near.start()
    await near.answered()
    await near.steered()
    await near.until("near.at(-1).getSenders()[1].getParameters().encodings[0].active")
    assert (await near.run(size))["height"] == 480
    await near.steered(video=PICTURE | {"scale_resolution_down_by": 0.667, "max_framerate": 30.0})
    await near.until("media.devices.capture.tracks.video.getSettings().height > 480")
    settings = await near.run(size)
    assert (settings["width"], settings["height"]) == (960, 720)
    await near.steered(video=PICTURE | {"scale_resolution_down_by": 4.0, "max_framerate": 20.0})
    await near.until("media.devices.capture.tracks.video.getSettings().height === 480")
    await near.until("near.at(-1).getSenders()[1].getParameters().encodings[0].scaleResolutionDownBy === 4")


async def test_parameters_that_are_already_replaced_do_not_take_the_camera_back(near: Near) -> None:
    await near.run(
        """await media.devices.open();
        const { video } = media.devices.capture.tracks;
        window.asked = [];
        const apply = video.applyConstraints.bind(video);
        video.applyConstraints = async (picture) => {
            asked.push(picture.height.ideal);
            await apply(picture);
        };"""
    )
    await near.start()
    await near.answered()
    # The older ones negotiate a packet time for a while: the newer ones come meanwhile.
    await near.run(
        "for (const video of given.pictures) media.handle({ ...given.rest, video });",
        {
            "rest": {"type": "send_parameters", "leg_id": "leg-1", "audio": VOICE},
            "pictures": [PICTURE, PICTURE | {"scale_resolution_down_by": 0.667}],
        },
    )
    await near.until("near.at(-1).remoteDescription.sdp.includes('a=ptime:60')")
    divided = "near.at(-1).getSenders()[1].getParameters().encodings[0].scaleResolutionDownBy"
    await near.until(f"near.at(-1).signalingState === 'stable' && Math.abs({divided} - 1.0005) < 0.001")
    # Whatever was still to be asked of the camera has been, when parameters that follow are in force.
    await near.steered(video=PICTURE | {"scale_resolution_down_by": 0.667, "max_bitrate_bps": 70_000})
    await near.until("near.at(-1).getSenders()[1].getParameters().encodings[0].maxBitrate === 70000")
    assert await near.run("return asked") == [720]


async def test_a_camera_that_gives_more_lines_is_divided_by_more(near: Near) -> None:
    await near.run("await media.devices.open()")
    await near.run("await media.devices.capture.tracks.video.applyConstraints({ width: 1280, height: 720 })")
    await near.start()
    await near.answered()
    await near.steered()
    await near.until("near.at(-1).getSenders()[1].getParameters().encodings[0].scaleResolutionDownBy === 3")


async def test_what_is_to_be_held_on_to_reaches_the_encoder_and_goes_again(near: Near) -> None:
    preference = "near.at(-1).getSenders()[1].getParameters().degradationPreference"
    await near.start()
    await near.answered()
    left_alone = await near.run(f"return {preference} ?? null")
    for wish in ("maintain-resolution", "maintain-framerate"):
        await near.steered(video=PICTURE | {"degradation_preference": wish})
        await near.until(f"{preference} === '{wish}'")
    await near.steered(video=PICTURE | {"degradation_preference": None})
    await near.until(f"({preference} ?? null) === {json.dumps(left_alone)}")


async def test_layers_are_made_while_they_are_asked_for_and_a_mode_nobody_knows_does_no_harm(
    near: Near,
) -> None:
    mode = "near.at(-1).getSenders()[1].getParameters().encodings[0].scalabilityMode"
    await near.run("await media.devices.open()")
    await near.start()
    await near.answered()
    await near.steered(video=PICTURE | {"codec": "video/VP9"})
    await near.until("near.at(-1).getSenders()[1].getParameters().encodings[0].active")
    plain = await near.run(f"return {mode} ?? null")
    await near.steered(video=PICTURE | {"codec": "video/VP9", "scalability_mode": "L1T3"})
    await near.until(f"{mode} === 'L1T3'")
    await near.steered(video=PICTURE | {"codec": "video/VP9", "max_bitrate_bps": 50_000})
    await near.until(f"({mode} ?? null) === {json.dumps(plain)}")
    await near.steered(video=PICTURE | {"scalability_mode": "L9T9", "max_bitrate_bps": 40_000})
    await near.until("near.at(-1).getSenders()[1].getParameters().encodings[0].maxBitrate === 40000")
    assert await near.run(f"return {mode} ?? null") != "L9T9"


async def test_a_new_packet_time_is_negotiated_with_the_held_answer_and_no_byte_of_sdp_leaves(
    near: Near,
) -> None:
    await near.start()
    await near.answered()
    await near.steered(VOICE | {"ptime_ms": 120, "red": True})
    await near.until("near.at(-1).remoteDescription.sdp.includes('a=ptime:120')")
    await near.until("near.at(-1).signalingState === 'stable'")
    head = str(await near.run("return near.at(-1).remoteDescription.sdp")).split("\r\nm=")[1].split("\r\n")[0]
    assert head.split(" ")[3] == "63"  # RED first
    assert len(await near.sent("leg_offer")) == 1


async def test_levels_are_told_while_they_are_asked_for_and_no_longer(near: Near) -> None:
    extensions = "near.at(-1).getSenders()[0].getParameters().headerExtensions.map((one) => one.uri)"
    told = f"{extensions}.some((uri) => uri.endsWith('ssrc-audio-level'))"
    await near.start()
    script = """const ref = 1;
        const sdp = (await answer()).split('\\r\\n').filter((line) => !line.includes('audio-level')).join('\\r\\n');
        media.handle({ type: 'leg_answer', leg_id: 'leg-1', sdp, ref });"""
    await near.run(script)
    await near.until("near.at(-1).signalingState === 'stable'")
    assert not await near.run(f"return {told}")
    await near.steered(VOICE | {"level": True})
    await near.until(told)
    await near.steered()
    await near.until(f"!{told}")


async def test_a_bitrate_alone_is_never_negotiated(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.steered()
    await near.until("near.at(-1).remoteDescription.sdp.includes('a=ptime:60')")
    before = await near.run("return seen.negotiations")
    for rate in (12_000, 10_000, 9_000):
        await near.steered(VOICE | {"max_bitrate_bps": rate})
    await near.until("near.at(-1).getSenders()[0].getParameters().encodings[0].maxBitrate === 9000")
    assert await near.run("return seen.negotiations") == before


async def test_of_many_wishes_at_once_the_newest_holds(near: Near) -> None:
    await near.start()
    await near.answered()
    for number, ptime in enumerate((20, 60, 120, 20, 60, 120, 20)):
        await near.steered(VOICE | {"ptime_ms": ptime}, PICTURE | {"max_bitrate_bps": 20_000 + number})
    await near.until("near.at(-1).getSenders()[1].getParameters().encodings[0].maxBitrate === 20006")
    # The picture is set before the voice is negotiated.
    await near.until(r"near.at(-1).remoteDescription.sdp.includes('a=ptime:20\r\n')")
    await near.until("near.at(-1).signalingState === 'stable'")
    assert "a=ptime:20\r\n" in await near.run("return near.at(-1).remoteDescription.sdp")


async def test_opus_is_never_asked_for_less_than_it_can(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.steered(VOICE | {"max_bitrate_bps": 1})
    await near.until("near.at(-1).getSenders()[0].getParameters().encodings[0].maxBitrate === 6000")


async def test_no_offer_leaves_while_the_server_is_away(near: Near) -> None:
    await near.run("media.leg.start()")
    await near.page.clock.run_for(60_000)
    assert await near.sent("leg_offer") == []
    await near.run("media.leg.setOnline(true)")
    await near.offered(1)


async def test_a_refused_offer_is_made_again_after_a_pause(near: Near) -> None:
    await near.start()
    await near.run("media.handle({ type: 'error', code: 'offer_refused', ref: 1 })")
    assert len(await near.sent("leg_offer")) == 1
    await near.page.clock.run_for(1_000)
    await near.offered(2)


async def test_an_answer_to_an_older_offer_is_not_taken_for_the_newer(near: Near) -> None:
    await near.start()
    old = await near.run("return await answer()")
    await near.run("media.handle({ type: 'error', code: 'slow_down', ref: 1 })")
    await near.page.clock.run_for(1_000)
    await near.offered(2)
    await near.run("media.handle({ type: 'leg_answer', leg_id: 'old', sdp: given, ref: 1 })", old)
    assert await near.run("return near.at(-1).signalingState") == "have-local-offer"


async def test_slots_are_found_by_their_mids(near: Near) -> None:
    await near.start()
    await near.answered()
    slots = [
        {"index": 0, "audio_mid": "2", "video_mid": "3", "participant_id": "dr-1"},
        {"index": 1, "audio_mid": "4", "video_mid": "5", "participant_id": None},
        {"index": 9, "audio_mid": "98", "video_mid": "99", "participant_id": "nobody"},
    ]
    await near.run("media.handle(given)", {"type": "slots", "leg_id": "leg-1", "slots": slots})
    assert await near.run("return seen.slots.at(-1)") == ["dr-1", None]
