"""A full uplink is assumed to carry the rate that arrives, for a while."""

from __future__ import annotations

from media.core.estimate.fulluplink import COLLAPSED_BPS, FIRST_BELIEF_MS, SHARE, FullUplink


def feed(uplink: FullUplink, start_ms: float, seconds: float, received_bps: float, *, full: bool) -> float:
    now_ms = start_ms
    while now_ms < start_ms + seconds * 1000:
        uplink.follow(now_ms, received_bps, full=full)
        now_ms += 250
    return now_ms


def test_nothing_is_known_while_voice_flows_freely_or_stalls_once() -> None:
    uplink = FullUplink()
    now_ms = feed(uplink, 0, 20, 24_000, full=False)
    now_ms = feed(uplink, now_ms, 0.5, 24_000, full=True)
    feed(uplink, now_ms, 5, 24_000, full=False)
    assert uplink.bps is None


def test_a_standing_queue_shows_the_rate_until_the_uplink_may_be_tried_again() -> None:
    uplink = FullUplink()
    now_ms = feed(uplink, 0, 3, 15_000, full=True)
    assert uplink.bps == SHARE * 15_000
    now_ms = feed(uplink, now_ms, FIRST_BELIEF_MS / 1000 - 1, 10_000, full=False)
    assert uplink.bps == SHARE * 15_000
    feed(uplink, now_ms, 3, 10_000, full=False)
    assert uplink.bps is None


def test_a_rate_that_is_confirmed_again_holds_longer() -> None:
    uplink, now_ms, held_ms = FullUplink(), 0.0, []
    for _ in range(3):
        now_ms = feed(uplink, now_ms, 3, 15_000, full=True)
        start_ms = now_ms
        while uplink.bps is not None:
            now_ms = feed(uplink, now_ms, 0.25, 10_000, full=False)
        held_ms.append(now_ms - start_ms)
    assert held_ms[1] > 1.8 * held_ms[0]
    assert held_ms[2] > 1.8 * held_ms[1]


def test_an_uplink_that_grows_even_thinner_is_followed() -> None:
    uplink = FullUplink()
    now_ms = feed(uplink, 0, 3, 20_000, full=True)
    feed(uplink, now_ms, 3, 12_000, full=True)
    assert uplink.bps == SHARE * 12_000


def test_a_probe_counts_after_the_queue_has_gone_and_not_before() -> None:
    uplink = FullUplink()
    for now_ms in range(0, 3_000, 250):
        uplink.follow(now_ms, 15_000, full=True, probed_bps=256_000)
    uplink.follow(3_000, 10_000, full=False, probed_bps=256_000)
    assert uplink.bps == SHARE * 15_000
    uplink.follow(3_250, 10_000, full=False, probed_bps=16_500)
    assert uplink.bps == SHARE * 15_000
    uplink.follow(3_500, 10_000, full=False, probed_bps=200_000)
    assert uplink.bps is None


def test_a_collapsed_uplink_is_assumed_to_carry_little_until_probes_measure_more() -> None:
    uplink = FullUplink()
    uplink.collapsed(0.0, probed_bps=256_000)
    uplink.follow(250.0, 8_000, full=False, probed_bps=256_000)
    assert uplink.bps == COLLAPSED_BPS
    uplink.follow(4_250.0, 8_000, full=False, probed_bps=20_000)
    assert uplink.bps == COLLAPSED_BPS
    uplink.follow(8_250.0, 8_000, full=False, probed_bps=240_000)
    assert uplink.bps is None
