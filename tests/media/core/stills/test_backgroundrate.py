"""The rate of stills gives way to voice and uses the rest of the link."""

from __future__ import annotations

from media.core.stills.backgroundrate import MIN_BPS, START_BPS, BackgroundRate

MUCH = 10e6


def run(
    rate: BackgroundRate, queue_ms: float, seconds: float, start_ms: float = 0.0, *, used: bool = True
) -> float:
    now_ms, last = start_ms, 0.0
    while now_ms < start_ms + seconds * 1000:
        now_ms += 250
        last = rate.update(queue_ms, 300, now_ms, used=used, ceiling_bps=MUCH)
    return last


def test_the_rate_rises_step_by_step_on_an_empty_link() -> None:
    rate = BackgroundRate()
    early = run(rate, 10, 1)
    assert START_BPS < early < 3 * START_BPS
    assert run(rate, 10, 10, 1_000) > 10 * START_BPS


def test_a_queue_lowers_the_rate_to_its_minimum_and_never_to_zero() -> None:
    rate = BackgroundRate()
    run(rate, 10, 5)
    assert run(rate, 400, 20, 5_000) == MIN_BPS


def test_between_calm_and_queued_the_rate_stays() -> None:
    rate = BackgroundRate()
    first = run(rate, 10, 3)
    assert run(rate, 90, 10, 3_000) == first


def test_an_unused_rate_does_not_grow() -> None:
    assert run(BackgroundRate(), 0, 30, used=False) == START_BPS


def test_the_rate_never_exceeds_its_known_limit() -> None:
    rate = BackgroundRate()
    run(rate, 10, 10)
    assert rate.update(10, 300, 10_500, used=True, ceiling_bps=9_000) == 9_000
    assert rate.update(10, 300, 10_600, used=True, ceiling_bps=-5_000) == MIN_BPS


def test_congestion_lowers_the_rate_at_most_once_a_round_trip() -> None:
    rate = BackgroundRate()
    before = run(rate, 10, 4)
    first = rate.update(300, 2_000, 5_000, used=True, ceiling_bps=MUCH)
    assert first < before
    assert rate.update(300, 2_000, 5_250, used=True, ceiling_bps=MUCH) == first
    assert rate.update(300, 2_000, 7_100, used=True, ceiling_bps=MUCH) < first
