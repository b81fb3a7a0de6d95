"""The verdict of silence: the estimate while no feedback comes, and after feedback returns."""

from __future__ import annotations

import pytest

from media.core.estimate.congestion.silence import (
    RETURN_MS,
    RETURN_QUEUE_MS,
    SILENCE_MS,
    UNKNOWN_RTT_MS,
    ReturnVerdict,
    Silence,
)

TOLERANCE_MS = 100.0


def returning(last_feedback_ms: float = 10_000.0, queue_ms: float = 0.0) -> Silence:
    silence = Silence()
    silence.on_unanswered(10_000.0, 200.0)
    silence.on_feedback(last_feedback_ms, queue_ms)
    return silence


@pytest.mark.parametrize("rtt_ms", [None, 100.0, 2_000.0])
def test_a_peer_is_silent_a_second_after_its_round_trip(rtt_ms: float | None) -> None:
    silence = Silence()
    due_ms = (rtt_ms or UNKNOWN_RTT_MS) + SILENCE_MS
    silence.on_unanswered(due_ms, rtt_ms)
    assert not silence.hides_estimate
    silence.on_unanswered(due_ms + 1.0, rtt_ms)
    assert silence.silent
    assert silence.hides_estimate


def test_feedback_ends_a_silence_but_not_the_caution() -> None:
    silence = returning()
    assert not silence.silent
    assert silence.hides_estimate


def test_a_short_silence_without_a_queue_restores_the_estimate() -> None:
    silence = returning()
    assert silence.verdict(10_000.0 + RETURN_MS, 0.0, TOLERANCE_MS) is ReturnVerdict.AS_BEFORE
    assert not silence.hides_estimate


def test_a_long_silence_begins_anew() -> None:
    silence = returning()
    assert silence.verdict(10_001.0 + RETURN_MS, 0.0, TOLERANCE_MS) is ReturnVerdict.ANEW


def test_a_silence_that_began_in_a_queue_begins_anew() -> None:
    silence = returning(queue_ms=RETURN_QUEUE_MS + 1.0)
    assert silence.verdict(10_500.0, 0.0, TOLERANCE_MS) is ReturnVerdict.ANEW


def test_a_queue_after_a_silence_is_waited_for_and_remembered() -> None:
    silence = returning()
    assert silence.verdict(10_500.0, RETURN_QUEUE_MS + 1.0, TOLERANCE_MS) is ReturnVerdict.WAIT
    assert silence.verdict(10_600.0, TOLERANCE_MS + 1.0, TOLERANCE_MS) is ReturnVerdict.WAIT
    assert silence.hides_estimate
    assert silence.verdict(10_700.0, 0.0, TOLERANCE_MS) is ReturnVerdict.ANEW


def test_a_second_silence_before_the_return_is_the_same_silence() -> None:
    silence = returning(last_feedback_ms=10_000.0)
    silence.on_unanswered(10_000.0, 200.0)
    silence.on_feedback(16_000.0, 0.0)
    assert silence.verdict(16_100.0, 0.0, TOLERANCE_MS) is ReturnVerdict.ANEW


def test_the_next_silence_is_judged_on_its_own() -> None:
    silence = returning(queue_ms=RETURN_QUEUE_MS + 1.0)
    silence.verdict(10_500.0, 0.0, TOLERANCE_MS)
    silence.on_unanswered(10_000.0, 200.0)
    silence.on_feedback(20_000.0, 0.0)
    assert silence.verdict(20_500.0, 0.0, TOLERANCE_MS) is ReturnVerdict.AS_BEFORE
