"""Round trip and loss as the peer reports them."""

from __future__ import annotations

import pytest

from media.core.estimate.congestion.reported import Reported


def test_before_any_report_nothing_is_known() -> None:
    reported = Reported()
    assert (reported.rtt_ms, reported.loss_ratio) == (None, None)


def test_report_blocks_are_smoothed() -> None:
    reported = Reported()
    reported.on_report_block(0.2, 400.0)
    assert (reported.rtt_ms, reported.loss_ratio) == (400.0, 0.2)
    reported.on_report_block(0.0, 800.0)
    assert reported.rtt_ms == 500.0
    assert reported.loss_ratio == pytest.approx(0.1)


def test_a_block_with_only_one_of_the_two_values_leaves_the_other() -> None:
    reported = Reported()
    reported.on_report_block(0.2, None)
    reported.on_report_block(None, 300.0)
    assert (reported.rtt_ms, reported.loss_ratio) == (300.0, 0.2)


def test_the_least_round_trip_time_of_feedback_counts_and_is_slowly_forgotten() -> None:
    reported = Reported()
    for after_ms in (500.0, 200.0, 450.0):
        reported.on_feedback(after_ms)
    assert reported.rtt_ms == pytest.approx(202.0)


def test_a_report_block_replaces_the_value_from_feedback() -> None:
    reported = Reported()
    reported.on_feedback(100.0)
    reported.on_report_block(None, 400.0)
    reported.on_feedback(100.0)
    assert reported.rtt_ms == 400.0
