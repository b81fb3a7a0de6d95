"""Reception: loss, jitter and rate as RFC 3550 counts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.repair.reception import ReceptionStats

CLOCK = 48_000
PTIME_MS = 20
TICKS = CLOCK * PTIME_MS // 1_000


def feed(stats: ReceptionStats, numbers: list[int], size: int = 100) -> None:
    """Each packet arrives exactly when its timestamp says."""
    for number in numbers:
        stats.received(number & 0xFFFF, (number * TICKS) & 0xFFFFFFFF, number * PTIME_MS, size)


def test_a_clean_stream_has_no_loss_and_no_jitter() -> None:
    stats = ReceptionStats(CLOCK)
    feed(stats, list(range(100, 200)))
    assert stats.report() == (0, 0, 199, 0)
    assert (stats.packets, stats.bytes) == (100, 10_000)


def test_loss_is_reported_as_a_share_of_each_interval() -> None:
    stats = ReceptionStats(CLOCK)
    feed(stats, [n for n in range(1, 101) if n % 4 != 2])  # 1 to 100, every fourth lost
    report = stats.report()
    assert (report.fraction_lost, report.cumulative_lost) == (64, 25)
    feed(stats, list(range(101, 201)))
    report = stats.report()
    assert (report.fraction_lost, report.cumulative_lost) == (0, 25)
    assert stats.report().fraction_lost == 0, "nothing expected since"


def test_reordering_is_not_counted_as_loss() -> None:
    stats = ReceptionStats(CLOCK)
    feed(stats, [1, 3, 2, 5, 4, 6])
    assert stats.report()[:3] == (0, 0, 6)


def test_duplicates_make_the_loss_negative_as_in_the_rfc() -> None:
    stats = ReceptionStats(CLOCK)
    feed(stats, [1, 2, 2, 2])
    report = stats.report()
    assert (report.fraction_lost, report.cumulative_lost) == (0, -2)


def test_the_extended_sequence_number_counts_wraps() -> None:
    stats = ReceptionStats(CLOCK)
    feed(stats, list(range(0xFFF0, 0x10010)))
    assert stats.report().highest_sequence == 0x1000F


def test_a_restart_is_followed_and_one_stray_packet_is_not() -> None:
    stats = ReceptionStats(CLOCK)
    feed(stats, [1, 2, 3])
    stats.received(40_000, 5, 80.0, 100)
    assert stats.report()[:3] == (0, 0, 3)
    feed(stats, [50_000, 50_001, 50_002])
    report = stats.report()
    assert report[:3] == (0, 0, 50_002)
    assert stats.packets == 7


def test_cumulative_loss_fits_its_field() -> None:
    stats = ReceptionStats(CLOCK)
    number = 0
    for _ in range(3_000):
        number += 2_999
        stats.received(number & 0xFFFF, 0, 0.0, 1)
    assert stats.report().cumulative_lost == 0x7FFFFF


def test_jitter_settles_at_the_mean_deviation() -> None:
    stats = ReceptionStats(CLOCK)
    for number in range(500):
        # Every second packet 10 ms late: each distance is 10 ms off.
        late_ms = 10 * (number % 2)
        stats.received(number, number * TICKS, number * PTIME_MS + late_ms, 100)
    assert stats.jitter_ms == pytest.approx(10.0, rel=0.01)
    assert stats.report().jitter == pytest.approx(480, abs=5)


def test_the_rate_is_that_of_the_last_second() -> None:
    stats = ReceptionStats(CLOCK)
    assert stats.rate_bps(0.0) == 0.0
    feed(stats, list(range(500)), size=100)
    # 100 bytes each 20 ms: 40 kbit/s.
    assert stats.rate_bps(9_990.0) == pytest.approx(40_000, rel=0.05)
    assert stats.rate_bps(10_500.0) == pytest.approx(20_000, rel=0.1)
    assert stats.rate_bps(12_000.0) == 0.0
    feed(stats, list(range(100_000, 100_050)), size=200)
    assert stats.rate_bps(100_049 * PTIME_MS) == pytest.approx(80_000, rel=0.05)


def test_the_first_packet_does_not_make_the_rate_jump() -> None:
    stats = ReceptionStats(CLOCK)
    stats.received(1, 0, 1_000.0, 125)
    assert stats.rate_bps(1_001.0) == 2_000.0


@given(start=st.integers(0, 0xFFFF), lost=st.sets(st.integers(1, 398)), reports=st.sets(st.integers(0, 399)))
def test_counted_loss_is_the_true_loss(start: int, lost: set[int], reports: set[int]) -> None:
    stats = ReceptionStats(CLOCK)
    expected = received = 0
    for index in range(400):
        expected += 1
        if index in lost:
            continue
        feed(stats, [start + index])
        received += 1
        if index in reports:
            fraction = stats.report().fraction_lost
            assert fraction == min(255, 256 * (expected - received) // expected)
            expected = received = 0
    assert stats.cumulative_lost == len(lost)
    assert stats.highest_sequence == start + 399


def test_loss_before_a_pause_is_counted_separately() -> None:
    stats = ReceptionStats(90_000)
    for number in range(10):
        stats.received(number, 6_000 * number, 66.0 * number, 500)
    stats.received(12, 6_000 * 12, 66.0 * 12, 500)
    assert (stats.cumulative_lost, stats.lost_before_pause) == (2, 0)
    # Sixty packets were sent into a collapsed link; twenty seconds later the stream goes on.
    stats.received(73, 1_000_000, 20_000.0, 500)
    stats.received(75, 1_010_000, 20_100.0, 500)
    assert (stats.cumulative_lost, stats.lost_before_pause) == (63, 60)
