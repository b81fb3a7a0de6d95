"""Feedback stays inside its share of the link, and the most important kinds give way last."""

from __future__ import annotations

import pytest

from media.core.repair.feedbackbudget import MAX_DEBT_MS, SHARE, Feedback, FeedbackBudget

STEP_MS = 25.0
SECONDS = 60


def sent_bytes(link_bps: float, wanted: dict[Feedback, tuple[float, float]]) -> dict[Feedback, float]:
    """Bytes of each kind sent in a minute; ``wanted`` gives size and interval: {kind: (bytes, ms)}."""
    budget = FeedbackBudget(link_bps)
    since_ms = dict.fromkeys(wanted, 0.0)
    sent = dict.fromkeys(wanted, 0.0)
    for step in range(round(SECONDS * 1000 / STEP_MS)):
        now_ms = step * STEP_MS
        for kind in sorted(wanted, key=lambda kind: kind.value):
            size_bytes, again_ms = wanted[kind]
            if now_ms >= since_ms[kind] and budget.allows(kind, now_ms - since_ms[kind], now_ms):
                budget.spend(size_bytes)
                sent[kind] += size_bytes
                since_ms[kind] = now_ms + again_ms
    return sent


@pytest.mark.parametrize("link_bps", [16_000, 32_000, 64_000, 1_000_000])
def test_voice_and_its_reports_take_a_twentieth_of_the_link(link_bps: float) -> None:
    wanted = {Feedback.VOICE_TWCC: (74.0, 1_000.0), Feedback.REPORT: (166.0, 1_000.0)}
    total_bytes = sum(sent_bytes(link_bps, wanted).values())
    # In addition, the bucket's initial content is spent, and the last packet may be owed.
    assert total_bytes <= SHARE * link_bps / 8 * SECONDS + FeedbackBudget(link_bps).burst_bytes + 166


def test_on_a_wide_link_all_feedback_leaves_when_it_is_due() -> None:
    wanted = {
        Feedback.VOICE_NACK: (58.0, 250.0),
        Feedback.VIDEO_TWCC: (74.0, 100.0),
        Feedback.REPORT: (166.0, 1_000.0),
    }
    sent = sent_bytes(1_000_000, wanted)
    assert sent[Feedback.VIDEO_TWCC] == pytest.approx(74 * SECONDS / 0.1, rel=0.01)
    assert sent[Feedback.REPORT] == pytest.approx(166 * SECONDS / 1.0, rel=0.03)


def test_a_lost_voice_packet_is_requested_where_a_report_must_wait() -> None:
    budget = FeedbackBudget(16_000)
    budget.allows(Feedback.REPORT, 0.0, 0.0)
    budget.spend(200.0)
    assert not budget.allows(Feedback.REPORT, 1_000.0, 1.0)
    assert not budget.allows(Feedback.VIDEO_NACK, 1_000.0, 1.0) or not budget.allows(
        Feedback.KEYFRAME, 0.0, 1.0
    )
    assert budget.allows(Feedback.VOICE_NACK, 0.0, 1.0)


def test_even_requests_for_lost_voice_packets_cannot_borrow_without_end() -> None:
    budget = FeedbackBudget(16_000)
    asked = 0
    while budget.allows(Feedback.VOICE_NACK, 0.0, 0.0):
        budget.spend(58.0)
        asked += 1
    assert 4 <= asked <= 9  # its own bucket and a borrowed one: 400 bytes


@pytest.mark.parametrize(
    ("kind", "patience_ms"),
    [
        (Feedback.VIDEO_TWCC, 400),
        (Feedback.KEYFRAME, 500),
        (Feedback.VOICE_TWCC, 2_500),
        (Feedback.REPORT, 5_000),
    ],
)
def test_feedback_that_has_waited_too_long_leaves_without_budget(kind: Feedback, patience_ms: float) -> None:
    budget = FeedbackBudget(9_500)
    budget.spend(10_000.0)
    assert not budget.allows(kind, patience_ms - 1, 0.0)
    assert budget.allows(kind, patience_ms, 0.0)


def test_a_burst_of_feedback_is_paid_back_in_seconds() -> None:
    budget = FeedbackBudget(32_000)
    assert budget.allows(Feedback.VIDEO_TWCC, 0.0, 0.0)
    budget.spend(1_000_000.0)
    assert not budget.allows(Feedback.VIDEO_TWCC, 0.0, 1_000.0)
    assert budget.allows(Feedback.VIDEO_TWCC, 0.0, 2 * MAX_DEBT_MS)


def test_the_bucket_follows_the_link() -> None:
    budget = FeedbackBudget(1_000_000)
    wide_bytes = budget.burst_bytes
    budget.link_bps = 16_000
    assert budget.burst_bytes < wide_bytes
    budget.allows(Feedback.REPORT, 0.0, 0.0)
    budget.spend(budget.burst_bytes)
    assert not budget.allows(Feedback.REPORT, 0.0, 0.0)
