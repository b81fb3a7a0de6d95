"""How an estimate grows, and how it slows near the rate at which the link was last full."""

from __future__ import annotations

import pytest

from media.core.estimate.congestion.growth import CEILING_HELD_MS, CEILING_HELD_SHARE, Growth

SECOND_MS = 1_000.0


def test_without_a_ceiling_growth_is_eight_percent_a_second() -> None:
    assert Growth().grown_bps(100_000.0, SECOND_MS, 0.0) == pytest.approx(108_000)


def test_growth_far_below_the_ceiling_is_just_as_fast() -> None:
    growth = Growth()
    growth.found_full(200_000.0, 0.0)
    assert growth.grown_bps(100_000.0, SECOND_MS, 0.0) == pytest.approx(108_000)


def test_close_to_a_fresh_ceiling_growth_stops_just_under_it() -> None:
    growth, estimate_bps = Growth(), 90_000.0
    growth.found_full(100_000.0, 0.0)
    assert growth.grown_bps(estimate_bps, SECOND_MS, 0.0) == pytest.approx(91_800)
    for second in range(20):
        estimate_bps = growth.grown_bps(estimate_bps, SECOND_MS, second * SECOND_MS)
    assert estimate_bps == CEILING_HELD_SHARE * 100_000.0


def test_an_estimate_over_a_fresh_ceiling_stays_where_it_is() -> None:
    growth = Growth()
    growth.found_full(100_000.0, 0.0)
    assert growth.grown_bps(99_000.0, SECOND_MS, 0.0) == 99_000.0


def test_an_old_ceiling_is_passed_with_care_and_forgotten_beyond() -> None:
    growth, now_ms = Growth(), CEILING_HELD_MS
    growth.found_full(100_000.0, 0.0)
    assert growth.grown_bps(99_000.0, SECOND_MS, now_ms) == pytest.approx(1.02 * 99_000)
    assert growth.ceiling_bps == 100_000.0
    growth.grown_bps(126_000.0, SECOND_MS, now_ms)
    assert growth.ceiling_bps is None
