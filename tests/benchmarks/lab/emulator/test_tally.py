"""The summary of a direction."""

import pytest

from benchmarks.lab.emulator.tally import Tally, percentile


def test_percentiles_are_values_that_occurred():
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [percentile(values, share) for share in (0, 0.2, 0.5, 0.95, 1)] == [1, 1, 3, 5, 5]


def test_the_percentile_of_nothing_is_zero():
    assert percentile([], 0.95) == 0


def test_a_summary_adds_drops_and_turns_bytes_into_a_rate():
    tally = Tally(
        offered_packets=10, delivered_packets=7, delivered_bytes=10_000, dropped_queue=2, dropped_loss=1
    )
    summary = tally.summary(window_s=4)
    assert summary["kbps"] == pytest.approx(20)
    assert (summary["drops"], summary["drops_queue"], summary["drops_loss"]) == (3, 2, 1)


def test_a_window_of_no_length_has_no_rate():
    assert Tally(delivered_bytes=100).summary(0)["kbps"] == 0
