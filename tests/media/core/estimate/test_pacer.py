"""The pacer: video at the rate of the link and no faster, voice counted, the queue bounded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.estimate.pacer import MIN_QUEUE_BYTES, Pacer


def drain(pacer: Pacer[int], until_ms: float, now_ms: float = 0.0) -> list[tuple[float, int]]:
    """Serve the pacer's own timer until ``until_ms``: (when, packet)."""
    left: list[tuple[float, int]] = []
    while True:
        left += [(now_ms, packet) for packet in pacer.due(now_ms)]
        next_ms = pacer.next_due_ms(now_ms)
        if next_ms is None or next_ms > until_ms:
            return left
        assert next_ms > now_ms, "a timer that is due at once would spin"
        now_ms = next_ms


def test_an_idle_pacer_lets_the_first_packet_go_at_once() -> None:
    pacer: Pacer[int] = Pacer(64_000)
    pacer.push_video(1, 1_000, 0)
    assert pacer.due(0) == [1]
    assert pacer.next_due_ms(0) is None


def test_packets_leave_in_order_at_the_rate() -> None:
    pacer: Pacer[int] = Pacer(80_000)  # 10 bytes/ms
    for number in range(5):
        pacer.push_video(number, 1_000, 0)
    left = drain(pacer, 10_000)
    assert [packet for _, packet in left] == [0, 1, 2, 3, 4]
    assert [when for when, _ in left] == pytest.approx([0, 100, 200, 300, 400], abs=1)


def test_voice_takes_its_share_of_the_budget_first() -> None:
    pacer: Pacer[int] = Pacer(80_000)
    pacer.push_video(1, 1_000, 0)
    assert pacer.due(0) == [1]
    pacer.push_video(2, 1_000, 0)
    pacer.sent(500, 50)
    assert pacer.due(100) == []
    assert pacer.next_due_ms(100) == pytest.approx(150)


def test_a_retransmission_leaves_before_queued_packets() -> None:
    pacer: Pacer[int] = Pacer(80_000)
    for number in (1, 2, 3):
        pacer.push_video(number, 1_000, 0)
    pacer.due(0)
    pacer.push_video(99, 1_000, 10, front=True)
    assert [packet for _, packet in drain(pacer, 10_000, 10)] == [99, 2, 3]


def test_an_idle_time_allows_no_burst() -> None:
    pacer: Pacer[int] = Pacer(80_000)
    pacer.sent(100, 0)
    for number in range(10):
        pacer.push_video(number, 500, 60_000)
    assert len(pacer.due(60_000)) <= 2


def test_a_queue_beyond_its_bound_is_dropped_as_a_whole() -> None:
    pacer: Pacer[int] = Pacer(80_000, max_queue_ms=1_000)  # 10,000 bytes
    for number in range(10):
        pacer.push_video(number, 1_000, 0)
    assert not pacer.overflowed
    pacer.push_video(10, 1_000, 0)
    assert pacer.overflowed
    assert pacer.due(60_000) == []
    assert pacer.queue_ms == 0


def test_one_keyframe_fits_at_any_rate() -> None:
    pacer: Pacer[int] = Pacer(8_000, max_queue_ms=500)
    for number in range(MIN_QUEUE_BYTES // 1_000):
        pacer.push_video(number, 1_000, 0)
    assert not pacer.overflowed


def test_a_new_rate_counts_from_now_on() -> None:
    pacer: Pacer[int] = Pacer(80_000)
    for number in range(3):
        pacer.push_video(number, 1_000, 0)
    pacer.due(0)
    pacer.set_rate(160_000, 50)
    assert pacer.queue_ms == pytest.approx(100)
    assert [when for when, _ in drain(pacer, 10_000, 50)] == pytest.approx([75, 125], abs=1)


def test_voice_beyond_the_rate_does_not_starve_video_for_long_afterwards() -> None:
    pacer: Pacer[int] = Pacer(16_000)
    for step in range(1_000):
        pacer.sent(180, step * 60)  # 24 kbit/s for a minute
    pacer.set_rate(64_000, 60_000)
    pacer.push_video(1, 1_000, 60_000)
    next_ms = pacer.next_due_ms(60_000)
    assert next_ms is not None
    assert next_ms < 60_500


@settings(deadline=None)
@given(
    rate_bps=st.integers(8_000, 2_000_000),
    pushes=st.lists(st.tuples(st.integers(0, 200), st.integers(40, 1_500)), min_size=1, max_size=100),
)
def test_the_rate_is_never_exceeded_and_the_queue_stays_bounded(
    rate_bps: int, pushes: list[tuple[int, int]]
) -> None:
    pacer: Pacer[int] = Pacer(rate_bps, max_queue_ms=1_000)
    bound = max(MIN_QUEUE_BYTES, rate_bps / 8)
    now_ms, sent_bytes = 0.0, 0
    for wait_ms, size_bytes in pushes:
        for _, size in drain(pacer, now_ms + wait_ms, now_ms):
            sent_bytes += size
        now_ms += wait_ms
        pacer.push_video(size_bytes, size_bytes, now_ms)
        assert pacer.queue_ms <= bound * 8_000 / rate_bps
    sent_bytes += sum(size for _, size in drain(pacer, now_ms, now_ms))
    allowed = (now_ms + 20) * rate_bps / 8000 + 1_500 + len(pushes)
    assert sent_bytes <= allowed


def test_a_held_pacer_keeps_its_queue_and_sends_it_afterwards() -> None:
    pacer: Pacer[int] = Pacer(64_000)
    pacer.hold()
    pacer.push_video(1, 1_000, 0)
    assert pacer.due(0) == []
    assert pacer.next_due_ms(0) is None, "no timer runs for what may not leave"
    pacer.release()
    assert pacer.due(10) == [1]
