"""The outgoing numbers: gaps stay, switches leave none, no number repeats, wraps do not show."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.rtp.header import seq_delta, ts_delta
from media.core.rtp.rewrite import STRAGGLER_MS, WINDOW_PACKETS, StreamRewriter

A, B, NOBODY = 0xAAAA, 0xBBBB, 0xCCCC
CLOCK = 90_000
FRAME = 3_000
FRAME_MS = 1_000 * FRAME / CLOCK
U32 = 0xFFFFFFFF

u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, U32)


def rewriter(first: int = 100, timestamp: int = 1_000) -> StreamRewriter:
    return StreamRewriter(clock_rate=CLOCK, first_sequence_number=first, first_timestamp=timestamp)


def numbers(
    stream: StreamRewriter, source: int, incoming: list[int], start_ms: float = 0.0
) -> list[int | None]:
    """Outgoing numbers of packets with one frame each, timestamps following the incoming number."""
    out: list[int | None] = []
    for index, number in enumerate(incoming):
        timestamp = (number * FRAME) & U32
        mapped = stream.map(source, number & 0xFFFF, timestamp, start_ms + index * FRAME_MS)
        out.append(None if mapped is None else mapped[0])
    return out


def test_the_first_packet_gets_the_first_numbers() -> None:
    stream = rewriter(7, 55)
    assert stream.source is None
    assert stream.map(A, 50_000, 123, 0.0) == (7, 55)
    assert stream.last_timestamp == 55
    assert stream.map(A, 50_001, 123, 0.0) == (8, 55)


@pytest.mark.parametrize("first", [-1, 0x8000, 0xFFFF])
def test_a_first_number_that_libsrtp_cannot_follow_is_refused(first: int) -> None:
    with pytest.raises(ValueError, match="32768"):
        rewriter(first)


def test_loss_stays_visible_as_loss() -> None:
    assert numbers(rewriter(), A, [10, 11, 14, 15]) == [100, 101, 104, 105]


def test_a_late_packet_gets_the_number_it_would_have_had() -> None:
    assert numbers(rewriter(), A, [10, 13, 12, 11, 14]) == [100, 103, 102, 101, 104]


def test_a_packet_from_before_the_first_is_dropped() -> None:
    assert numbers(rewriter(), A, [10, 9, 11]) == [100, None, 101]


def test_a_switch_continues_at_the_next_number_and_the_elapsed_time() -> None:
    stream = rewriter()
    numbers(stream, A, [10, 11, 13])
    before = stream.last_timestamp
    assert stream.map(B, 60_000, 5, 2 * FRAME_MS + 500) == (104, before + CLOCK // 2)
    assert stream.map(B, 60_001, 5 + FRAME, 2 * FRAME_MS + 533) == (105, before + CLOCK // 2 + FRAME)


def test_a_switch_at_the_same_instant_still_advances_time() -> None:
    stream = rewriter()
    assert stream.map(A, 1, 0, 0.0) == (100, 1_000)
    assert stream.map(B, 1, 0, 0.0) == (101, 1_001)


def test_a_late_packet_from_before_a_switch_back_is_dropped() -> None:
    stream = rewriter()
    numbers(stream, A, [10, 12])
    numbers(stream, B, [500], 100)
    assert numbers(stream, A, [13, 11, 14], 200) == [104, None, 105]


def test_skipped_packets_leave_no_gap() -> None:
    stream = rewriter()
    assert numbers(stream, A, [10, 11]) == [100, 101]
    stream.skip(A, 12)
    stream.skip(A, 13)
    stream.skip(A, 13)
    assert numbers(stream, A, [14, 16], 100) == [102, 104]


def test_a_skip_before_late_packets_keeps_their_numbers() -> None:
    stream = rewriter()
    assert numbers(stream, A, [10]) == [100]
    stream.skip(A, 13)
    stream.skip(A, 12)
    assert numbers(stream, A, [11], 10) == [101]
    assert numbers(stream, A, [14, 13], 20) == [102, None]
    assert numbers(stream, A, [15], 30) == [103]


def test_a_skip_of_a_number_already_passed_changes_nothing() -> None:
    stream = rewriter()
    assert numbers(stream, A, [10, 12]) == [100, 102]
    stream.skip(A, 11)
    stream.skip(B, 13)
    assert numbers(stream, A, [13], 100) == [103]


def test_a_pause_leaves_no_gap_and_keeps_the_sources_timeline() -> None:
    stream = rewriter()
    stream.map(A, 10, 0, 0.0)
    stream.suspend()
    stream.skip(A, 11)
    # 5 s of the source's own time, arriving 5.2 s later: lip sync follows the source, not the arrival.
    assert stream.map(A, 160, 5 * CLOCK, 5_200.0) == (101, 1_000 + 5 * CLOCK)
    assert stream.map(A, 161, 5 * CLOCK + FRAME, 5_233.0) == (102, 1_000 + 5 * CLOCK + FRAME)


def test_a_late_packet_does_not_end_a_pause() -> None:
    stream = rewriter()
    numbers(stream, A, [10, 12])
    stream.suspend()
    assert numbers(stream, A, [11, 12], 100) == [None, None]
    assert numbers(stream, A, [40], 1_000) == [103]
    assert numbers(stream, A, [11], 1_100) == [None]


def test_a_source_that_starts_anew_after_a_pause_follows_the_arrival_clock() -> None:
    stream = rewriter()
    stream.map(A, 10, 0, 0.0)
    stream.suspend()
    assert stream.map(A, 40_000, 3_000_000_000, 2_000.0) == (101, 1_000 + 2 * CLOCK)


def test_a_jump_is_followed_at_the_second_packet_and_leaves_no_gap() -> None:
    stream = rewriter()
    numbers(stream, A, [10, 11])
    assert numbers(stream, A, [20_000, 20_001, 20_002], 60_000) == [None, 102, 103]


def test_a_source_restarted_far_behind_is_followed() -> None:
    stream = rewriter()
    stream.map(A, 30_000, 0, 0.0)
    assert stream.map(A, 5, 2_000_000_000, 40.0) is None
    assert stream.map(A, 6, 2_000_003_000, 80.0) == (101, 1_000 + 80 * 90)


def test_packets_later_than_the_window_are_never_taken_for_a_restart() -> None:
    stream = rewriter()
    incoming = list(range(10, 10 + 2 * WINDOW_PACKETS))
    last = numbers(stream, A, incoming)[-1]
    assert last is not None
    for number in (20, 21, 22):
        # The timestamps show it: two thousand numbers behind, but seconds, not hours.
        assert stream.map(A, number, (incoming[-1] * FRAME - STRAGGLER_MS * 45) & U32, 80_000.0) is None
    assert numbers(stream, A, [incoming[-1] + 1], 80_100) == [(last + 1) & 0xFFFF]


def test_many_skips_stay_exact_and_bounded() -> None:
    stream = rewriter()
    stream.map(A, 0, 0, 0.0)
    for number in range(1, 20_000):
        if number % 4:
            stream.skip(A, number & 0xFFFF)
        else:
            expected = (100 + number // 4) & 0xFFFF
            mapped = stream.map(A, number, number, number)
            assert mapped is not None
            assert mapped[0] == expected
    assert stream._segment is not None
    assert len(stream._segment.skips) <= 2 * WINDOW_PACKETS


def test_sender_report_times_follow_the_current_source() -> None:
    stream = rewriter()
    stream.map(A, 1, 5_000, 0.0)
    mapped = stream.map(B, 1, 90_000, 10.0)
    assert mapped is not None
    assert stream.map_timestamp(90_000 + 45) == mapped[1] + 45


Step = tuple[str, int]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("next"), st.integers(1, 6)),  # 1 follows directly, more is loss
        st.tuples(st.just("late"), st.integers(1, 40)),
        st.tuples(st.just("skip"), st.just(1)),
        st.tuples(st.just("switch"), u16),
        st.tuples(st.just("pause"), st.integers(0, 300)),
    ),
    max_size=150,
)


@given(first=st.integers(0, 0x7FFF), first_ts=u32, start=u16, base_ts=u32, moves=steps)
def test_whatever_happens_numbers_are_unique_ordered_and_reversible(
    first: int, first_ts: int, start: int, base_ts: int, moves: list[Step]
) -> None:
    """A model with unwrapped numbers: every (stretch, incoming number) keeps one outgoing number for good."""
    stream = rewriter(first, first_ts)
    source, number, now = 1, start, 0.0
    given_out: dict[int, tuple[int, int, int]] = {}  # unwrapped out -> (stretch, source, incoming number)
    stretch, skipped, floor, highest_out, last_ts = 0, set[int](), start, first - 1, first_ts

    def send(incoming: int) -> None:
        nonlocal highest_out, last_ts
        timestamp = (base_ts + source * 7_777 + incoming * FRAME) & U32
        mapped = stream.map(source, incoming & 0xFFFF, timestamp, now)
        if incoming < floor or incoming in skipped:
            assert mapped is None
            return
        assert mapped is not None
        out = highest_out + seq_delta(mapped[0], highest_out)
        key = (stretch, source, incoming)
        assert given_out.setdefault(out, key) == key, "two packets under one number"
        mates = {i: o for o, (s, _, i) in given_out.items() if s == stretch}
        for mate, mate_out in mates.items():
            low, high = sorted((mate, incoming))
            between = sum(low < n < high for n in skipped)
            assert abs(out - mate_out) == high - low - between, "a gap changed its width"
        if out > highest_out:
            assert ts_delta(mapped[1], last_ts) >= 0
            highest_out, last_ts = out, mapped[1]
        following = deepcopy(stream).map(NOBODY, 0, 0, now)
        assert following is not None
        assert following[0] == (highest_out + 1) & 0xFFFF, "another source goes on behind the highest number"

    send(number)
    for move, amount in moves:
        now += FRAME_MS
        if move == "late":
            send(number - amount)
        elif move == "skip":
            number += 1
            skipped.add(number)
            stream.skip(source, number & 0xFFFF)
        else:
            before = highest_out
            if move == "switch":
                source, number = source + 1, amount
            elif move == "pause":
                stream.suspend()
                number += amount + 1
                now += amount * FRAME_MS
            else:
                number += amount
            if move != "next":
                stretch, skipped, floor = stretch + 1, set(), number
            send(number)
            if move != "next":
                assert highest_out == before + 1, "a switch or a pause must not leave a gap"


@given(first=st.integers(0, 0x7FFF), start=u16, base_ts=u32)
def test_a_long_stream_wraps_without_a_gap(first: int, start: int, base_ts: int) -> None:
    stream = rewriter(first)
    previous: tuple[int, int] | None = None
    # Steps of loss just under the jump limit carry a few dozen packets over both wraps.
    for index in range(60):
        mapped = stream.map(A, (start + index * 2_500) & 0xFFFF, (base_ts + index * 100_000_000) & U32, index)
        assert mapped is not None
        if previous is not None:
            assert seq_delta(mapped[0], previous[0]) == 2_500
            assert ts_delta(mapped[1], previous[1]) == 100_000_000
        previous = mapped
