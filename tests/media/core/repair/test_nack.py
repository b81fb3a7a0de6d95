"""Requests for lost packets: early enough, not too often, never without end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media.core.repair.nack import (
    IN_ORDER_PACKETS,
    MAX_AGE_MS,
    MAX_MISSING,
    MAX_TRIES,
    MIN_REPEAT_MS,
    NEAR_RTT_MS,
    REORDER_GRACE_MS,
    WINDOW_PACKETS,
    NackGenerator,
)

RTT = 200.0


def receiving(*numbers: int, now_ms: float = 0.0, trusts_order: bool = False) -> NackGenerator:
    nack = NackGenerator(trusts_order=trusts_order)
    for number in numbers:
        assert nack.received(number & 0xFFFF, now_ms)
    return nack


def test_nothing_is_requested_while_nothing_is_missing() -> None:
    assert receiving(1, 2, 3).due(1_000.0, RTT) == []


def test_a_gap_is_requested_after_the_grace_time_across_a_wrap() -> None:
    nack = receiving(0xFFFD, 1)
    assert nack.due(REORDER_GRACE_MS - 1, RTT) == []
    assert nack.due(REORDER_GRACE_MS, RTT) == [0xFFFE, 0xFFFF, 0]


def test_reordering_within_the_grace_time_requests_nothing() -> None:
    nack = receiving(1, 3, 2)
    assert nack.due(1_000.0, RTT) == []


def test_where_packets_arrive_in_order_a_gap_on_a_short_path_is_requested_at_once() -> None:
    nack = receiving(*range(IN_ORDER_PACKETS + 1), now_ms=5.0, trusts_order=True)
    assert nack.opened_ms is None
    assert nack.received(IN_ORDER_PACKETS + 2, 7.0)
    assert nack.opened_ms == 7.0
    assert nack.due(7.0, NEAR_RTT_MS + 1) == []
    assert nack.due(7.0, NEAR_RTT_MS) == [IN_ORDER_PACKETS + 1]


def test_a_reordered_packet_restores_the_grace_time_and_a_retransmission_does_not() -> None:
    nack = receiving(*range(IN_ORDER_PACKETS), IN_ORDER_PACKETS + 1, trusts_order=True)
    assert nack.due(0.0, NEAR_RTT_MS) == [IN_ORDER_PACKETS]
    assert nack.received(IN_ORDER_PACKETS, 200.0, repeat=True)
    assert nack.received(IN_ORDER_PACKETS + 3, 300.0)
    assert nack.due(300.0, NEAR_RTT_MS) == [IN_ORDER_PACKETS + 2]
    assert nack.received(IN_ORDER_PACKETS + 2, 310.0), "not requested, but late"
    assert nack.received(IN_ORDER_PACKETS + 5, 400.0)
    assert nack.due(400.0 + REORDER_GRACE_MS - 1, NEAR_RTT_MS) == []
    assert nack.due(400.0 + REORDER_GRACE_MS, NEAR_RTT_MS) == [IN_ORDER_PACKETS + 4]


def test_repeats_are_a_round_trip_and_a_quarter_apart() -> None:
    nack = receiving(1, 3)
    assert nack.due(100.0, RTT) == [2]
    assert nack.due(349.0, RTT) == []
    assert nack.due(350.0, RTT) == [2]
    assert nack.due(350.0 + MIN_REPEAT_MS - 1, 1.0) == []
    assert nack.due(350.0 + MIN_REPEAT_MS, 1.0) == [2]


def test_a_filled_gap_is_neither_requested_again_nor_given_up() -> None:
    nack = receiving(1, 3)
    assert nack.due(100.0, RTT) == [2]
    assert nack.received(2, 300.0)
    assert nack.due(1_000.0, RTT) == []
    assert (list(nack.holes()), nack.abandoned) == ([], 0)


def test_tries_are_bounded() -> None:
    nack = receiving(1, 3)
    asked = [nack.due(now, 1.0) for now in range(50, 50 + 50 * (MAX_TRIES + 5), 50)]
    assert asked == [[2]] * MAX_TRIES + [[]] * 5
    assert (list(nack.holes()), nack.abandoned) == ([], 1)


def test_the_age_of_a_requested_packet_is_bounded() -> None:
    nack = receiving(1, 3)
    assert nack.due(100.0, 1_300.0) == [2]
    assert nack.due(MAX_AGE_MS + 1, 1_300.0) == []
    assert not list(nack.holes())


def test_duplicates_and_packets_far_too_old_are_not_new() -> None:
    nack = receiving(10, 12)
    assert not nack.received(12, 0.0)
    assert not nack.received(10, 0.0)
    assert nack.received(11, 0.0)
    assert not nack.received(11, 0.0)
    assert nack.received(9, 0.0), "a packet from before the first counts once"
    assert not nack.received(9, 0.0)
    assert not nack.received((12 - WINDOW_PACKETS) & 0xFFFF, 0.0)


def test_a_packet_that_arrives_after_it_was_given_up_is_new_once() -> None:
    nack = receiving(1, 3)
    nack.due(100.0, RTT)
    nack.due(MAX_AGE_MS * 2, RTT)
    assert nack.received(2, MAX_AGE_MS * 2)
    assert not nack.received(2, MAX_AGE_MS * 2)


def test_too_many_gaps_are_given_up_and_reported() -> None:
    nack = receiving(1, 2 + MAX_MISSING)
    assert not nack.overflowed
    assert nack.received(4 + MAX_MISSING, 0.0)
    assert nack.overflowed
    assert (list(nack.holes()), nack.abandoned) == ([], MAX_MISSING + 1)
    assert nack.due(100.0, RTT) == []
    assert nack.overflowed, "a caller sees it after the request"
    nack.due(120.0, RTT)
    assert not nack.overflowed


def test_a_restarted_source_is_followed_at_its_second_packet() -> None:
    nack = receiving(1, 2)
    assert not nack.received(30_000, 0.0)
    assert nack.received(30_001, 0.0)
    assert nack.overflowed
    assert nack.received(30_003, 0.0)
    assert nack.due(100.0, RTT) == [30_002]


@given(
    start=st.integers(0, 0xFFFF),
    fates=st.lists(st.sampled_from(["arrive", "arrive", "arrive", "lose", "delay", "twice"]), max_size=300),
)
def test_every_loss_is_requested_and_nothing_else(start: int, fates: list[str]) -> None:
    nack = NackGenerator()
    assert nack.received(start, 0.0)
    got, lost, delayed = {start}, set[int](), list[int]()
    for number, fate in enumerate([*fates, "arrive"], start + 1):
        if fate == "lose":
            lost.add(number & 0xFFFF)
        elif fate == "delay":
            delayed.append(number & 0xFFFF)
        else:
            assert nack.received(number & 0xFFFF, 0.0)
            got.add(number & 0xFFFF)
            assert fate != "twice" or not nack.received(number & 0xFFFF, 0.0)
    if nack.overflowed:
        assert len(lost) + len(delayed) > MAX_MISSING
        return
    for number in delayed:
        assert nack.received(number, 1.0)
    assert set(nack.due(100.0, RTT)) == lost
    for number in lost:
        assert nack.received(number, 200.0)
    assert not list(nack.holes())
