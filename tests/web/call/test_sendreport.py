"""What a page tells of its way up and of its encoder, and when that is worth a message."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# A reporter that is shown these stats, each so many ms after the start; what it says of each.
READ = """async ([looks, division]) => {
    const { SendReporter } = await import('/web/shared/call/link/sendreport.js');
    const reporter = new SendReporter();
    const report = (stats) => new Map(stats.map((one) => [one.id, one]));
    const read = ([nowMs, stats]) => reporter.read('leg', report(stats), nowMs, division);
    return JSON.parse(JSON.stringify(looks.map(read)));
}"""
Entry = dict[str, Any]
Look = tuple[float, list[Entry]]


def look(now_ms: float, *sends: Entry, bps: int = 200_000) -> Look:
    """The stats of a moment (W3C webrtc-stats)."""
    pair = {"id": "pair", "type": "candidate-pair", "nominated": True, "availableOutgoingBitrate": bps}
    voice = {"id": "voice", "type": "outbound-rtp", "kind": "audio", "active": True}
    return now_ms, [pair, voice, *sends]


def picture(frames: int, qp_sum: int | None, *, height: int = 240) -> Entry:
    """An outgoing picture, after so many frames."""
    entry = {
        "id": f"picture{height}",
        "type": "outbound-rtp",
        "kind": "video",
        "active": True,
        "frameHeight": height,
        "framesEncoded": frames,
        "qualityLimitationReason": "none",
    }
    return entry | ({} if qp_sum is None else {"qpSum": qp_sum})


async def said(page: Page, *looks: Look, division: float = 1.0) -> list[Entry | None]:
    """What is said of each look."""
    answers: list[Entry | None] = await page.evaluate(READ, [[list(one) for one in looks], division])
    return answers


def firefox(now_ms: float, frames: int, qp_sum: int | None, *, height: int = 240) -> Look:
    """A moment as Firefox tells it: no estimate, no limitation, and nothing of what is active."""
    pair = {"id": "pair", "type": "candidate-pair", "nominated": True}
    camera = {"id": "camera", "type": "media-source", "kind": "video", "width": 640, "height": 480}
    sends = {
        "id": "picture",
        "type": "outbound-rtp",
        "kind": "video",
        "frameHeight": height,
        "framesEncoded": frames,
    }
    voice = {"id": "voice", "type": "outbound-rtp", "kind": "audio"}
    return now_ms, [pair, camera, voice, sends | ({} if qp_sum is None else {"qpSum": qp_sum})]


async def test_the_quantizer_is_that_of_the_frames_since_the_last_look(pure: Page) -> None:
    first, second = await said(
        pure, look(0, picture(100, 9_000)), look(3_000, picture(145, 9_000 + 45 * 102))
    )
    assert first is not None
    assert "quantizer" not in first
    assert second is not None
    assert second["quantizer"] == 102


async def test_a_picture_that_grows_coarser_is_news_and_one_that_stays_is_none(pure: Page) -> None:
    answers = await said(
        pure,
        look(0, picture(0, 0)),
        look(3_000, picture(45, 45 * 102)),
        look(6_000, picture(90, 90 * 102)),
        look(9_000, picture(135, 90 * 102 + 45 * 128)),
    )
    assert [answer and answer.get("quantizer") for answer in answers] == [None, 102, None, 128]
    assert answers[2] is None


async def test_nothing_is_said_within_two_seconds(pure: Page) -> None:
    _, early, later = await said(
        pure,
        look(0, picture(0, 0)),
        look(1_000, picture(15, 15 * 200), bps=900_000),
        look(2_500, picture(37, 37 * 200), bps=900_000),
    )
    assert early is None
    assert later is not None
    assert later["quantizer"] == 200


async def test_of_two_pictures_the_large_one_counts(pure: Page) -> None:
    _, answer = await said(
        pure,
        look(0, picture(0, 0), picture(0, 0, height=120)),
        look(3_000, picture(45, 45 * 51), picture(45, 45 * 255, height=120)),
    )
    assert answer is not None
    assert answer["quantizer"] == 51


@pytest.mark.parametrize("quiet", [picture(45, None), picture(0, 0), picture(5, 90_000)])
async def test_an_encoder_that_does_not_tell_is_left_out(pure: Page, quiet: Entry) -> None:
    _, answer = await said(pure, look(0, picture(0, 0)), look(3_000, quiet, bps=900_000))
    assert answer is not None
    assert "quantizer" not in answer
    assert answer["available_outgoing_bps"] == 900_000


async def test_without_a_picture_the_rate_is_told_all_the_same(pure: Page) -> None:
    (answer,) = await said(pure, look(0))
    assert answer == {
        "type": "send_report",
        "leg_id": "leg",
        "available_outgoing_bps": 200_000,
        "quality_limitation": "other",
    }


@pytest.mark.parametrize(("height", "limitation"), [(240, "none"), (180, "bandwidth")])
async def test_a_browser_that_tells_no_estimate_still_tells_of_its_picture(
    pure: Page, height: int, limitation: str
) -> None:
    first, answer = await said(
        pure,
        firefox(0, 100, 9_000, height=height),
        firefox(3_000, 145, 9_000 + 45 * 102, height=height),
        division=2.0,
    )
    assert first is None  # nothing is known yet
    assert answer == {
        "type": "send_report",
        "leg_id": "leg",
        "quality_limitation": limitation,
        "quantizer": 102,
    }


async def test_where_a_browser_tells_neither_estimate_nor_quantizer_there_is_nothing_to_report(
    pure: Page,
) -> None:
    assert await said(pure, firefox(0, 0, None), firefox(3_000, 45, None)) == [None, None]
