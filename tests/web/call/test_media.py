"""Devices, the leg and its rebirth in a real Chromium; the other end is a peer connection in the same page."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from media.engine.transport.offer import read_offer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# `far` answers the newest offer as the server would: it takes everything, RED included.
SETUP = """async () => {
    const { Media } = await import('/web/shared/call/link/media.js');
    const seen = { sent: [], legs: [], slots: [], negotiations: 0 };
    const near = [];
    const Plain = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Plain {
        constructor(...given) { super(...given); near.push(this); }
        async setLocalDescription(...given) { seen.negotiations += 1; return super.setLocalDescription(...given); }
    };
    const media = new Media({
        send: (message) => seen.sent.push(message),
        onDevices: () => {},
        onSlots: (slots) => seen.slots.push(slots.map((one) => one.participantId)),
        onLeg: (condition) => seen.legs.push(condition),
    });
    const answer = async () => {
        const far = new Plain();
        const sdp = seen.sent.filter((one) => one.type === 'leg_offer').at(-1).sdp;
        await far.setRemoteDescription({ type: 'offer', sdp });
        const made = await far.createAnswer();
        await far.setLocalDescription(made);
        return made.sdp;
    };
    Object.assign(window, { seen, near, media, answer });
}"""
VOICE = {
    "active": True,
    "max_bitrate_bps": 16_000,
    "ptime_ms": 60,
    "dtx": True,
    "fec": True,
    "red": False,
    "level": False,
}
PICTURE = {
    "active": True, "max_bitrate_bps": 60_000, "max_framerate": 8.0, "scale_resolution_down_by": 2.0, "codec": None,
}  # fmt: skip
WELCOME = {"type": "welcome", "resumed": False, "leg_id": None}


class Near:
    """The page's media, driven as its session would."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def run(self, script: str, argument: Any = None) -> Any:
        return await self.page.evaluate(f"async (given) => {{ {script} }}", argument)

    async def sent(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.run(
            "return seen.sent.filter((one) => one.type === given)", kind
        )
        return found

    async def until(self, condition: str) -> None:
        # On the test's clock, not the page's: that one stands still.
        for _ in range(200):
            if await self.run(f"return Boolean({condition})"):
                return
            await self.page.clock.run_for(10)
        raise AssertionError(f"never: {condition}")

    async def offered(self, count: int) -> None:
        await self.until(f"seen.sent.filter((one) => one.type === 'leg_offer').length === {count}")

    async def start(self) -> None:
        await self.run("media.leg.setOnline(true); media.leg.start()")
        await self.offered(1)

    async def answered(self, leg_id: str = "leg-1") -> None:
        """The server's answer to the newest offer; `ref` is what our `send` returned for it."""
        script = """const ref = seen.sent.findLastIndex((one) => one.type === 'leg_offer') + 1;
            media.handle({ type: 'leg_answer', leg_id: given, sdp: await answer(), ref });"""
        await self.run(script, leg_id)
        await self.until("near.at(-1).signalingState === 'stable'")

    async def steered(self, audio: dict[str, Any] = VOICE, video: dict[str, Any] = PICTURE) -> None:
        message = {"type": "send_parameters", "leg_id": "leg-1", "audio": audio, "video": video}
        await self.run("media.handle(given)", message)

    async def encodings(self) -> list[dict[str, Any]]:
        script = "return near.at(-1).getSenders().slice(0, 2).map((one) => one.getParameters().encodings[0])"
        found: list[dict[str, Any]] = await self.run(script)
        return found


@pytest_asyncio.fixture(loop_scope="module")
async def near(modules: Page) -> Near:
    await modules.evaluate(SETUP)
    return Near(modules)


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


# What the browser says of the connection, said by the test.
STATE = """window.state = given;
    Object.defineProperty(near.at(-1), 'connectionState', { configurable: true, get: () => window.state });
    near.at(-1).onconnectionstatechange();"""


async def test_a_leg_outlives_a_link_that_is_away(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run(STATE, "disconnected")
    await near.run("media.leg.setOnline(false)")
    await near.page.clock.run_for(60_000)
    await near.run(STATE, "failed")
    await near.page.clock.run_for(60_000)
    await near.run("media.leg.setOnline(true)")
    await near.run(STATE, "connected")
    await near.page.clock.run_for(60_000)
    assert len(await near.sent("leg_offer")) == 1
    assert await near.sent("leg_close") == []
    assert (await near.run("return seen.legs"))[-2:] == ["disconnected", "connected"]


async def test_a_leg_that_stays_dead_when_the_link_is_back_is_offered_anew(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run(STATE, "disconnected")
    await near.run("media.leg.setOnline(false)")
    await near.page.clock.run_for(60_000)
    assert len(await near.sent("leg_offer")) == 1
    await near.run("media.leg.setOnline(true)")
    await near.page.clock.run_for(4_000)
    assert len(await near.sent("leg_offer")) == 1  # one whole look for it to come back by itself
    await near.page.clock.run_for(5_000)
    await near.offered(2)


async def test_a_leg_that_fails_while_the_server_owes_an_answer_is_kept_until_that_comes(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run("media.leg.callbacks.awaitsAnswer = () => window.awaits; window.awaits = true")
    await near.run(STATE, "disconnected")
    await near.page.clock.run_for(10_000)
    await near.run(STATE, "failed")
    await near.page.clock.run_for(10_000)
    assert len(await near.sent("leg_offer")) == 1
    await near.run("window.awaits = false")
    await near.page.clock.run_for(10_000)
    await near.offered(2)


async def test_a_leg_that_dies_while_the_socket_lives_is_offered_anew(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run(STATE, "disconnected")
    await near.page.clock.run_for(17_000)
    assert len(await near.sent("leg_offer")) == 1
    await near.page.clock.run_for(3_000)
    await near.offered(2)


async def test_a_leg_the_server_gave_up_is_offered_anew(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run("media.handle({ type: 'leg_state', leg_id: 'leg-1', state: 'failed' })")
    await near.page.clock.run_for(1_000)
    await near.offered(2)


@pytest.mark.parametrize(("held", "offers"), [("leg-1", 1), ("another", 2), (None, 2)])
async def test_after_a_welcome_only_a_leg_the_server_still_holds_is_kept(
    near: Near, held: str | None, offers: int
) -> None:
    await near.start()
    await near.answered()
    await near.run(
        "media.leg.setOnline(false); media.handle(given); media.leg.setOnline(true)",
        WELCOME | {"leg_id": held},
    )
    await near.page.clock.run_for(5_000)
    await near.offered(offers)


async def test_a_leg_that_never_connects_is_given_up_and_told(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.page.clock.run_for(61_000)
    await near.offered(2)
    assert [message["leg_id"] for message in await near.sent("leg_close")] == ["leg-1"]


async def test_stopping_closes_the_leg_at_both_ends(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run("media.leg.stop()")
    assert await near.run("return near.at(-1).connectionState") == "closed"
    assert len(await near.sent("leg_close")) == 1
    await near.page.clock.run_for(60_000)
    assert len(await near.sent("leg_offer")) == 1


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
        await media.devices.open();""",
        faults,
    )
    assert await near.run("return media.devices.capture.states") == states
