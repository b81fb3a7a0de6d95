"""Token buckets in virtual time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.limits import LEGS_BURST, MESSAGE_MAX_BYTES, TokenBucket, leg_bucket, message_bucket
from signaling.messages import REASON_MAX_CHARS, SDP_MAX_CHARS


def test_a_burst_passes_and_then_the_rate() -> None:
    bucket = TokenBucket(rate_per_s=2.0, burst=3.0)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(100.5)
    assert not bucket.take(100.5)


def test_a_long_wait_fills_no_more_than_the_burst() -> None:
    bucket = TokenBucket(rate_per_s=1.0, burst=2.0)
    bucket.take(0.0)
    assert [bucket.take(1_000.0) for _ in range(3)] == [True, True, False]


def test_a_clock_that_steps_back_adds_no_tokens() -> None:
    bucket = TokenBucket(rate_per_s=1.0, burst=1.0)
    assert bucket.take(50.0)
    assert not bucket.take(10.0)
    assert not bucket.take(50.5)
    assert bucket.take(51.0)


@given(st.lists(st.floats(0, 10), max_size=300))
def test_no_pattern_gets_more_than_burst_and_rate(gaps: list[float]) -> None:
    bucket, now, passed = TokenBucket(rate_per_s=2.0, burst=5.0), 0.0, 0
    for gap in gaps:
        now += gap
        passed += bucket.take(now)
    assert passed <= 5.0 + 2.0 * now + 1e-6


def test_a_page_after_an_outage_is_not_a_flood() -> None:
    bucket = message_bucket()
    assert all(bucket.take(0.0) for _ in range(40))


def test_leg_offers_run_out_before_messages_do() -> None:
    legs, messages = leg_bucket(), message_bucket()
    assert sum(legs.take(0.0) for _ in range(100)) == LEGS_BURST
    assert sum(messages.take(0.0) for _ in range(100)) > LEGS_BURST


def test_every_legal_message_fits_the_bound() -> None:
    # JSON may escape a character of the reason as \\uXXXX\\uXXXX; SDP is ASCII with escaped line ends.
    assert SDP_MAX_CHARS * 1.5 + 1_000 < MESSAGE_MAX_BYTES
    assert REASON_MAX_CHARS * 12 + 1_000 < MESSAGE_MAX_BYTES
