"""When a picture is sent in two sizes, and which viewers get the small one."""

from __future__ import annotations

import pytest

from media.core.share.simulcastrule import (
    OFF_AFTER_MS,
    ON_AFTER_MS,
    REFUSED_MS,
    SILENT_MS,
    SMALL_MAX_BPS,
    SMALL_SHARE,
    UPLINK_KEEP_BPS,
    UPLINK_LOST_MS,
    UPLINK_MIN_BPS,
    SimulcastRule,
    SimulcastView,
    UplinkView,
)
from media.core.share.smallpicture import SMALL_MIN_BPS

STEP_MS = 250.0
UNLIKE = {"thin": 60_000.0, "rich": 900_000.0}
RICH_UPLINK_BPS = 1_000_000.0


def ask(
    rule: SimulcastRule[str],
    since_ms: float,
    for_ms: float,
    rooms_bps: dict[str, float],
    uplink_bps: float | None = RICH_UPLINK_BPS,
    video_reported_bps: float | None = None,
    large_asked_bps: float = 0.0,
) -> frozenset[str]:
    for step in range(int(for_ms / STEP_MS) + 1):
        uplink = UplinkView(uplink_bps, video_reported_bps, large_asked_bps)
        rule.follow(since_ms + step * STEP_MS, SimulcastView(rooms_bps, uplink))
    return rule.served


def answer(rule: SimulcastRule[str], now_ms: float, *, arrives: bool) -> None:
    """Answer a request for the small picture: the page sends it, or does not."""
    rule.follow(now_ms, SimulcastView(UNLIKE, UplinkView(RICH_UPLINK_BPS), unanswered=not arrives))


def on() -> SimulcastRule[str]:
    """A rule whose thin viewer gets the small picture, at 10 s."""
    rule = SimulcastRule[str]()
    assert ask(rule, 0, 10_000, UNLIKE) == {"thin"}
    return rule


def test_the_thinner_of_two_unlike_viewers_gets_the_small_picture_after_a_while() -> None:
    rule = SimulcastRule[str]()
    assert not ask(rule, 0, ON_AFTER_MS, UNLIKE)
    assert ask(rule, ON_AFTER_MS + STEP_MS, ON_AFTER_MS, UNLIKE) == {"thin"}
    assert 0 < rule.bitrate_bps < UNLIKE["thin"]


@pytest.mark.parametrize(
    "rooms_bps",
    [
        {"thin": 60_000.0},
        {"one": 500_000.0, "other": 900_000.0},
        {"thin": 10_000.0, "rich": 900_000.0},
        {"one": 60_000.0, "other": 100_000.0},
    ],
)
def test_one_viewer_similar_ones_and_one_without_any_room_get_no_small_picture(
    rooms_bps: dict[str, float],
) -> None:
    rule = SimulcastRule[str]()
    assert not ask(rule, 0, 60_000, rooms_bps)
    assert rule.bitrate_bps == 0


@pytest.mark.parametrize("uplink_bps", [None, UPLINK_MIN_BPS - 1])
def test_an_uplink_that_is_unknown_or_too_thin_sends_one_picture(uplink_bps: float | None) -> None:
    assert not ask(SimulcastRule[str](), 0, 60_000, UNLIKE, uplink_bps)


def test_nothing_is_sent_twice_where_the_large_picture_would_hardly_be_larger() -> None:
    rooms_bps = {"thin": 130_000.0, "rich": 900_000.0}
    assert not ask(SimulcastRule[str](), 0, 60_000, rooms_bps, UPLINK_MIN_BPS)
    assert ask(SimulcastRule[str](), 0, 60_000, rooms_bps, RICH_UPLINK_BPS) == {"thin"}


def test_a_swing_of_the_uplink_changes_nothing_and_a_fall_ends_the_small_picture_soon() -> None:
    rule = on()
    assert ask(rule, 11_000, 20_000, UNLIKE, UPLINK_KEEP_BPS + 50_000) == {"thin"}
    assert ask(rule, 32_000, UPLINK_LOST_MS - STEP_MS, UNLIKE, UPLINK_KEEP_BPS - 1) == {"thin"}
    assert not ask(rule, 32_000 + UPLINK_LOST_MS, 0, UNLIKE, UPLINK_KEEP_BPS - 1)


def test_a_low_first_estimate_of_the_page_starts_no_small_picture_at_the_cost_of_the_large() -> None:
    rule = SimulcastRule[str]()
    # Chromium's first estimate is 60 kbit/s, of which voice takes 16.
    assert not ask(
        rule, 0, 10_000, UNLIKE, RICH_UPLINK_BPS, video_reported_bps=44_000, large_asked_bps=38_000
    )
    assert ask(
        rule, 10_000, 10_000, UNLIKE, RICH_UPLINK_BPS, video_reported_bps=110_000, large_asked_bps=38_000
    ) == {"thin"}
    # A large picture kept small for the thin viewer leaves room; the request makes the page measure its uplink.
    assert ask(
        SimulcastRule(), 0, 10_000, UNLIKE, RICH_UPLINK_BPS, video_reported_bps=44_000, large_asked_bps=20_000
    )


def test_the_small_picture_gets_a_share_of_the_pages_estimate_and_grows_with_it() -> None:
    rule = SimulcastRule[str]()
    ask(rule, 0, 10_000, UNLIKE, RICH_UPLINK_BPS, video_reported_bps=44_000, large_asked_bps=20_000)
    assert rule.bitrate_bps == SMALL_MIN_BPS
    ask(rule, 10_000, 30_000, UNLIKE, RICH_UPLINK_BPS, video_reported_bps=110_000, large_asked_bps=48_000)
    assert SMALL_MIN_BPS < rule.bitrate_bps <= 110_000 * SMALL_SHARE
    ask(rule, 40_000, 30_000, UNLIKE, RICH_UPLINK_BPS, video_reported_bps=900_000, large_asked_bps=300_000)
    assert rule.bitrate_bps == 48_000, "the thin viewer's room"


def test_a_viewer_gets_the_large_picture_only_after_a_lasting_widening_of_the_link() -> None:
    rule = on()
    alike = UNLIKE | {"thin": 700_000.0}
    assert ask(rule, 11_000, OFF_AFTER_MS - STEP_MS, alike) == {"thin"}
    assert not ask(rule, 11_000 + OFF_AFTER_MS, 0, alike)


def test_the_small_picture_fits_the_thinnest_of_its_viewers_and_never_grows_large() -> None:
    rule = on()
    ask(rule, 11_000, 10_000, UNLIKE | {"thinner": 30_000.0})
    assert rule.served == {"thin", "thinner"}
    assert rule.bitrate_bps <= 30_000
    wide = SimulcastRule[str]()
    ask(wide, 0, 60_000, {"thin": 300_000.0, "rich": 5_000_000.0}, 5_000_000.0)
    assert wide.bitrate_bps == SMALL_MAX_BPS


def test_a_page_that_does_not_send_the_small_picture_is_not_asked_again_for_a_while() -> None:
    rule = on()
    answer(rule, 11_000, arrives=False)
    answer(rule, 11_000 + SILENT_MS, arrives=False)
    assert not rule.served
    start_ms = 11_000 + SILENT_MS
    assert not ask(rule, start_ms + STEP_MS, REFUSED_MS - 2 * STEP_MS, UNLIKE)
    assert ask(rule, start_ms + REFUSED_MS, 10_000, UNLIKE) == {"thin"}


def test_short_pauses_of_a_flowing_small_picture_are_tolerated() -> None:
    rule = on()
    answer(rule, 11_000, arrives=False)
    answer(rule, 12_000, arrives=True)
    answer(rule, 11_000 + SILENT_MS, arrives=False)
    assert rule.served == {"thin"}
