"""The held answer is edited only where it steers the own voice, and where slots rest."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

AUDIO = [
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63", "c=IN IP4 0.0.0.0", "a=mid:0", "a=recvonly", "a=rtpmap:111 opus/48000/2",
    "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=16000", "a=rtpmap:63 red/48000/2",
    "a=fmtp:63 111/111", "a=ptime:60", "a=maxptime:120",
]  # fmt: skip
OTHERS = [
    "m=video 9 UDP/TLS/RTP/SAVPF 45", "a=mid:1", "a=rtpmap:45 AV1/90000",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:2", "a=rtpmap:111 opus/48000/2", "a=ptime:60",
]  # fmt: skip
HEAD = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0 1 2"]
VOICE = {
    "active": True,
    "max_bitrate_bps": 16_000,
    "ptime_ms": 60,
    "dtx": True,
    "fec": True,
    "red": False,
    "level": False,
}


def text(*parts: list[str]) -> str:
    return "\r\n".join(line for part in parts for line in part) + "\r\n"


LEVEL = "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ANSWER = text(HEAD, AUDIO, OTHERS)
OFFER = text(HEAD, [*AUDIO, "a=extmap:14 urn:of:another", LEVEL], OTHERS)


async def edited(page: Page, sdp: str = ANSWER, **changes: Any) -> str:
    script = "async (given) => (await import('/web/shared/call/link/sdp.js')).editAnswer(...given)"
    return str(await page.evaluate(script, [sdp, VOICE | changes, OFFER]))


async def voice_of(page: Page, sdp: str) -> Any:
    return await page.evaluate(
        "async (sdp) => (await import('/web/shared/call/link/sdp.js')).readVoice(sdp)", sdp
    )


async def test_a_longer_packet_time_changes_the_own_audio_section_alone(pure: Page) -> None:
    lines = (await edited(pure, ptime_ms=120)).split("\r\n")
    assert lines.count("a=ptime:120") == 1
    assert lines.count("a=ptime:60") == 1  # the receive slot's
    assert lines[: len(HEAD)] == HEAD
    assert lines[-len(OTHERS) - 1 : -1] == OTHERS


async def test_opus_parameters_change_and_foreign_ones_stay(pure: Page) -> None:
    sdp = await edited(pure, dtx=False, fec=False, max_bitrate_bps=9_000)
    assert "a=fmtp:111 minptime=10;useinbandfec=0;usedtx=0;maxaveragebitrate=9000" in sdp.split("\r\n")


async def test_red_comes_first_when_it_is_bought_and_second_when_not(pure: Page) -> None:
    bought = await edited(pure, red=True)
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 63 111" in bought.split("\r\n")
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 111 63" in (await edited(pure, bought, red=False)).split("\r\n")


async def test_levels_are_asked_for_under_the_number_of_the_offer_and_taken_back(pure: Page) -> None:
    asked = await edited(pure, level=True)
    assert asked.split("\r\n").count(LEVEL) == 1
    assert asked.index(LEVEL) < asked.index("m=video")
    assert (await voice_of(pure, asked))["level"]
    assert LEVEL not in await edited(pure, asked, level=False)


async def test_a_browser_that_offers_no_levels_is_not_asked_for_them(pure: Page) -> None:
    script = "async (given) => (await import('/web/shared/call/link/sdp.js')).editAnswer(...given)"
    assert "audio-level" not in await pure.evaluate(script, [ANSWER, VOICE | {"level": True}, ANSWER])


async def test_an_answer_without_red_or_fmtp_is_still_shaped(pure: Page) -> None:
    bare = text(HEAD, ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2"])
    lines = (await edited(pure, bare, red=True, ptime_ms=20)).split("\r\n")
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 111" in lines
    assert "a=fmtp:111 maxaveragebitrate=16000;usedtx=1;useinbandfec=1" in lines
    assert "a=ptime:20" in lines


@pytest.mark.parametrize(
    "sdp",
    [
        text(HEAD),
        text(HEAD, ["m=audio 0 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2"]),
        text(HEAD, ["m=audio 9 UDP/TLS/RTP/SAVPF 8", "a=rtpmap:8 PCMA/8000"]),
        "",
    ],
    ids=["no audio", "rejected", "no opus", "empty"],
)
async def test_an_answer_that_cannot_carry_opus_is_left_alone(pure: Page, sdp: str) -> None:
    assert await edited(pure, sdp, ptime_ms=120, red=True) == sdp


@pytest.mark.parametrize("red", [True, False])
async def test_what_was_written_is_read_back(pure: Page, red: bool) -> None:
    wanted = {"ptime_ms": 120, "dtx": False, "fec": True, "red": red, "level": red}
    assert await voice_of(pure, await edited(pure, **wanted)) == wanted


SLOTS = [
    "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=sendonly", "a=mid:2", "a=ssrc:21 cname:slot0",
    "m=video 9 UDP/TLS/RTP/SAVPF 45", "a=sendonly", "a=mid:3", "a=ssrc-group:FID 31 32", "a=ssrc:31 cname:slot0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:4",
]  # fmt: skip
GIVEN = text(HEAD, AUDIO, SLOTS)


async def slotted(page: Page, sdp: str, *mids: str) -> str:
    script = """async ([sdp, given, mids]) =>
        (await import('/web/shared/call/link/sdp.js')).editSlots(sdp, given, new Set(mids))"""
    return str(await page.evaluate(script, [sdp, GIVEN, list(mids)]))


async def test_slots_at_rest_name_no_streams_and_come_back_as_they_were_given(pure: Page) -> None:
    resting = await slotted(pure, GIVEN)
    assert "a=ssrc" not in resting
    assert resting.count("a=inactive") == 2
    assert await slotted(pure, resting, "2", "3") == GIVEN
    half = await slotted(pure, resting, "2")
    assert "a=ssrc:21 cname:slot0" in half
    assert "a=ssrc:31" not in half


async def test_a_slot_that_changes_leaves_the_shape_of_the_own_voice(pure: Page) -> None:
    voice = await edited(pure, GIVEN, ptime_ms=120)
    changed = await slotted(pure, await slotted(pure, voice), "2", "3")
    assert changed == voice
