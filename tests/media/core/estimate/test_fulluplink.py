"""A way up that is full of voice is believed to carry what comes, for a while."""

from __future__ import annotations

from media.core.estimate.fulluplink import COLLAPSED_BPS, FIRST_BELIEF_MS, SHARE, FullWayUp


def feed(way: FullWayUp, start_ms: float, seconds: float, received_bps: float, *, full: bool) -> float:
    now_ms = start_ms
    while now_ms < start_ms + seconds * 1000:
        way.follow(now_ms, received_bps, full=full)
        now_ms += 250
    return now_ms


def test_nothing_is_known_while_voice_flows_freely_or_stumbles_once() -> None:
    way = FullWayUp()
    now_ms = feed(way, 0, 20, 24_000, full=False)
    now_ms = feed(way, now_ms, 0.5, 24_000, full=True)
    feed(way, now_ms, 5, 24_000, full=False)
    assert way.bps is None


def test_a_standing_queue_tells_the_rate_until_it_is_worth_trying_again() -> None:
    way = FullWayUp()
    now_ms = feed(way, 0, 3, 15_000, full=True)
    assert way.bps == SHARE * 15_000
    now_ms = feed(way, now_ms, FIRST_BELIEF_MS / 1000 - 1, 10_000, full=False)
    assert way.bps == SHARE * 15_000
    feed(way, now_ms, 3, 10_000, full=False)
    assert way.bps is None


def test_a_belief_that_proves_true_again_lasts_longer() -> None:
    way, now_ms, held_ms = FullWayUp(), 0.0, []
    for _ in range(3):
        now_ms = feed(way, now_ms, 3, 15_000, full=True)
        start_ms = now_ms
        while way.bps is not None:
            now_ms = feed(way, now_ms, 0.25, 10_000, full=False)
        held_ms.append(now_ms - start_ms)
    assert held_ms[1] > 1.8 * held_ms[0]
    assert held_ms[2] > 1.8 * held_ms[1]


def test_a_link_that_grows_thinner_still_is_followed() -> None:
    way = FullWayUp()
    now_ms = feed(way, 0, 3, 20_000, full=True)
    feed(way, now_ms, 3, 12_000, full=True)
    assert way.bps == SHARE * 12_000


def test_a_train_that_came_after_the_queue_has_gone_is_believed_and_an_older_one_is_not() -> None:
    way = FullWayUp()
    for now_ms in range(0, 3_000, 250):
        way.follow(now_ms, 15_000, full=True, probed_bps=256_000)
    way.follow(3_000, 10_000, full=False, probed_bps=256_000)
    assert way.bps == SHARE * 15_000
    way.follow(3_250, 10_000, full=False, probed_bps=16_500)
    assert way.bps == SHARE * 15_000
    way.follow(3_500, 10_000, full=False, probed_bps=200_000)
    assert way.bps is None


def test_of_a_way_up_that_has_collapsed_nothing_is_believed_until_trains_tell() -> None:
    way = FullWayUp()
    way.collapsed(0.0, probed_bps=256_000)
    way.follow(250.0, 8_000, full=False, probed_bps=256_000)
    assert way.bps == COLLAPSED_BPS
    way.follow(4_250.0, 8_000, full=False, probed_bps=20_000)
    assert way.bps == COLLAPSED_BPS
    way.follow(8_250.0, 8_000, full=False, probed_bps=240_000)
    assert way.bps is None
