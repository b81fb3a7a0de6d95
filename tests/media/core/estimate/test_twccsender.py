"""Results from feedback: each packet at most once as lost and once as received, across wraps."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.estimate.twccreceiver import TwccReceiver
from media.core.estimate.twccsender import SENT_HISTORY, PacketResult, TwccSender
from media.core.rtp import rtcp


def parsed(datagrams: list[bytes]) -> list[rtcp.TransportFeedback]:
    feedbacks = []
    for data in datagrams:
        (packet,) = rtcp.parse(data)
        assert isinstance(packet, rtcp.TransportFeedback)
        feedbacks.append(packet)
    return feedbacks


def test_results_carry_the_time_and_size_of_each_sent_packet() -> None:
    sender = TwccSender(first_sequence=65_535)
    assert sender.next(1_000, 200) == 65_535
    assert sender.next(2_000, 300, probe=True) == 0
    feedback = rtcp.TransportFeedback(1, 2, 65_535, 0, [(65_535, None), (0, 64_000)])
    assert sender.on_feedback(feedback, 500_000) == [
        PacketResult(65_535, 1_000, None, 200, False),
        PacketResult(0, 2_000, 64_000, 300, True),
    ]
    assert sender.rtt_ms == 498.0


def test_each_packet_is_reported_once_as_lost_and_once_as_received() -> None:
    sender = TwccSender()
    for number in range(2):
        sender.next(number, 100)
    lost = rtcp.TransportFeedback(1, 2, 0, 0, [(0, None), (1, 64_000)])
    late = rtcp.TransportFeedback(1, 2, 0, 1, [(0, 90_000), (1, 64_000)])
    assert [r.arrived_us for r in sender.on_feedback(lost, 1_000)] == [None, 64_000]
    assert sender.on_feedback(lost, 2_000) == []
    assert [(r.sequence, r.arrived_us) for r in sender.on_feedback(late, 3_000)] == [(0, 90_000)]
    assert sender.on_feedback(lost, 4_000) == []


def test_numbers_never_sent_and_numbers_forgotten_are_ignored() -> None:
    sender = TwccSender()
    assert sender.on_feedback(rtcp.TransportFeedback(1, 2, 0, 0, [(0, 0)]), 0) == []
    for _ in range(SENT_HISTORY + 10):
        sender.next(0, 100)
    forgotten_and_future = [(9, 0), (10, 0), (SENT_HISTORY + 10, 0)]
    results = sender.on_feedback(rtcp.TransportFeedback(1, 2, 9, 0, forgotten_and_future), 0)
    assert [result.sequence for result in results] == [10]


def test_arrival_times_do_not_jump_when_the_reference_time_wraps() -> None:
    sender = TwccSender()
    receiver = TwccReceiver()
    start_us = rtcp.REFERENCE_MODULUS_US - 100_000
    arrivals = []
    for step in range(10):
        sequence = sender.next(step * 20_000, 100)
        receiver.received(sequence, start_us + step * 20_000)
        for feedback in parsed(receiver.build(1, 2)):
            arrivals += [result.arrived_us for result in sender.on_feedback(feedback, step * 20_000)]
    known = [arrival for arrival in arrivals if arrival is not None]
    assert [b - a for a, b in pairwise(known)] == [20_000] * 9


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=300), st.integers(0, 0xFFFF), st.integers(1, 40))
def test_sender_and_receiver_agree_on_every_packet(fates: list[bool], first: int, batch: int) -> None:
    sender, receiver = TwccSender(first), TwccReceiver()
    results = []
    for index, arrives in enumerate(fates):
        sequence = sender.next(index * 10_000, 100 + index)
        if arrives:
            receiver.received(sequence, 7_000_000 + index * 10_000)
        if index % batch == 0 or index == len(fates) - 1:
            for feedback in parsed(receiver.build(1, 2)):
                results += sender.on_feedback(feedback, index * 10_000)
    if True not in fates:
        assert results == []
        return
    by_index = {result.size_bytes - 100: result for result in results}
    known = range(fates.index(True), len(fates) - fates[::-1].index(True))
    assert sorted(by_index) == list(known)
    for index in known:
        expected = 7_000_000 + index * 10_000 if fates[index] else None
        assert by_index[index].arrived_us == expected
        assert by_index[index].sent_us == index * 10_000


def test_a_sender_knows_since_when_no_feedback_has_come() -> None:
    sender, receiver = TwccSender(), TwccReceiver()
    assert sender.unanswered_us(1_000) == 0
    for at_us in (0, 20_000, 40_000):
        number = sender.next(at_us, 100)
        if at_us < 40_000:
            receiver.received(number, 5_000_000 + at_us)
    assert sender.unanswered_us(50_000) == 50_000
    (feedback,) = [packet for data in receiver.build(1, 2) for packet in rtcp.parse(data)]
    assert isinstance(feedback, rtcp.TransportFeedback)
    sender.on_feedback(feedback, 60_000)
    assert sender.unanswered_us(70_000) == 30_000
