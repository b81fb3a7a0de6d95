"""Rates over the last second of the packets' own clock."""

from __future__ import annotations

import pytest

from media.core.estimate.congestion.rates import MAX_ESTIMATE_BPS, MIN_ESTIMATE_BPS, RateWindow, clamped


def fed(seconds: float, rate_bps: float, size_bytes: int = 100) -> RateWindow:
    window = RateWindow()
    step_us = int(size_bytes * 8e6 / rate_bps)
    for at_us in range(5_000_000, 5_000_000 + int(seconds * 1e6), step_us):
        window.add(at_us, size_bytes)
    return window


def test_nothing_is_no_rate() -> None:
    assert RateWindow().bps == 0.0
    assert RateWindow().lately_bps(400_000) == 0.0


@pytest.mark.parametrize("seconds", [1.0, 3.0])
def test_a_steady_stream_has_its_rate(seconds: float) -> None:
    assert fed(seconds, 80_000).bps == pytest.approx(80_000, rel=0.02)


def test_the_first_packets_are_not_taken_for_a_fast_stream() -> None:
    assert fed(0.02, 80_000).bps <= 2 * 8 * 200


def test_arrivals_before_a_collapse_do_not_count_in_the_last_moments() -> None:
    window = fed(1.0, 200_000)
    for at_us in range(6_000_000, 6_500_000, 80_000):
        window.add(at_us, 100)
    assert window.lately_bps(400_000) == pytest.approx(10_000, rel=0.1)
    assert window.bps > 100_000


def test_an_estimate_stays_within_its_bounds() -> None:
    assert clamped(0.0) == MIN_ESTIMATE_BPS
    assert clamped(1e12) == MAX_ESTIMATE_BPS
    assert clamped(50_000.0) == 50_000.0
