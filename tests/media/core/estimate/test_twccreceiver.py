"""Feedback about arrivals: every packet is reported once, in time, within bounds, across wraps and blackouts."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.estimate.twccreceiver import FEEDBACK_WIRE_BYTES, TwccReceiver
from media.core.rtp import rtcp


def parsed(datagrams: list[bytes]) -> list[rtcp.TransportFeedback]:
    feedbacks = []
    for data in datagrams:
        (packet,) = rtcp.parse(data)
        assert isinstance(packet, rtcp.TransportFeedback)
        feedbacks.append(packet)
    return feedbacks


def statuses(datagrams: list[bytes]) -> dict[int, int | None]:
    return {seq: arrival for feedback in parsed(datagrams) for seq, arrival in feedback.packets}


def test_nothing_new_means_no_feedback() -> None:
    receiver = TwccReceiver()
    assert not receiver.due(10_000)
    assert receiver.build(1, 2) == []
    receiver.received(5, 1_000_000)
    assert receiver.due(1_400)
    receiver.build(1, 2, 1_400)
    assert not receiver.due(60_000)
    assert receiver.build(1, 2) == []


def test_a_lost_packet_is_reported_as_lost() -> None:
    receiver = TwccReceiver()
    receiver.received(65_534, 1_000_000)
    receiver.received(1, 1_010_000)
    sent = statuses(receiver.build(1, 2))
    assert sent == {65_534: 1_000_000, 65_535: None, 0: None, 1: 1_010_000}


def test_losses_between_two_feedbacks_are_reported_by_the_second() -> None:
    receiver = TwccReceiver()
    receiver.received(10, 1_000_000)
    receiver.build(1, 2)
    receiver.received(13, 1_100_000)
    assert statuses(receiver.build(1, 2)) == {11: None, 12: None, 13: 1_100_000}


def test_a_late_packet_is_reported_again_as_received() -> None:
    receiver = TwccReceiver()
    receiver.received(10, 1_000_000)
    receiver.received(12, 1_020_000)
    receiver.build(1, 2)
    receiver.received(11, 1_150_000)
    assert statuses(receiver.build(1, 2)) == {11: 1_150_000, 12: 1_020_000}


def test_a_duplicate_is_not_reported_again() -> None:
    receiver = TwccReceiver()
    receiver.received(10, 1_000_000)
    receiver.build(1, 2)
    receiver.received(10, 1_001_000)
    assert receiver.build(1, 2) == []


def test_feedbacks_are_counted() -> None:
    receiver = TwccReceiver()
    counts = []
    for number in range(258):
        receiver.received(number, 1_000_000 + number * 20_000)
        counts += [feedback.feedback_count for feedback in parsed(receiver.build(1, 2))]
    assert counts == [n & 0xFF for n in range(258)]


def feedback_times(interval_ms: int, size_bytes: int, seconds: int = 20) -> list[int]:
    receiver = TwccReceiver()
    times = []
    for now_ms in range(seconds * 1000):
        if now_ms % interval_ms == 0:
            receiver.received(now_ms // interval_ms & 0xFFFF, now_ms * 1000, size_bytes)
        if receiver.due(now_ms):
            receiver.build(1, 2, now_ms)
            times.append(now_ms)
    return times


def test_a_rich_stream_gets_feedback_every_hundred_ms() -> None:
    times = feedback_times(interval_ms=10, size_bytes=1_100)
    assert {later - earlier for earlier, later in pairwise(times)} == {100}


def test_feedback_for_a_thin_voice_stream_waits_longer_but_is_bounded() -> None:
    times = feedback_times(interval_ms=60, size_bytes=190)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= 250
    assert max(gaps) <= 480  # the 400 ms bound counts from the first packet not yet reported


def test_feedback_stays_near_five_percent_of_a_middling_stream() -> None:
    interval_ms, size_bytes, seconds = 20, 200, 20  # 80 kbit/s
    times = feedback_times(interval_ms, size_bytes, seconds)
    share = len(times) * FEEDBACK_WIRE_BYTES / (seconds * 1000 / interval_ms * size_bytes)
    assert share <= 0.055


def test_a_minute_of_silence_starts_anew_instead_of_reporting_everything() -> None:
    receiver = TwccReceiver()
    receiver.received(0, 1_000_000)
    receiver.build(1, 2)
    receiver.received(5_000, 61_000_000)
    assert statuses(receiver.build(1, 2)) == {5_000: 61_000_000}


def test_arrivals_far_apart_are_reported_in_separate_feedbacks() -> None:
    receiver = TwccReceiver()
    receiver.received(1, 1_000_000)
    receiver.received(3, 12_000_000)
    datagrams = receiver.build(1, 2)
    assert len(datagrams) == 2
    assert statuses(datagrams) == {1: 1_000_000, 2: None, 3: 12_000_000}


@settings(deadline=None)
@given(
    first=st.integers(0, 0xFFFF),
    steps=st.lists(
        st.tuples(st.integers(1, 900) | st.just(1), st.integers(0, 10_000_000)), min_size=1, max_size=700
    ),
    batch=st.integers(1, 700),
)
def test_every_packet_is_reported_once_and_each_feedback_is_small(
    first: int, steps: list[tuple[int, int]], batch: int
) -> None:
    receiver = TwccReceiver()
    number, now_us, want, sent = first, 5_000_000, {}, {}
    want[number] = now_us
    receiver.received(number & 0xFFFF, now_us)
    highest = first - 1
    for index, (step, wait_us) in enumerate(steps):
        number, now_us = number + step, now_us + wait_us
        receiver.received(number & 0xFFFF, now_us)
        want[number] = now_us
        if index % batch == 0 or index == len(steps) - 1:
            datagrams = receiver.build(1, 2)
            assert all(len(data) < 1_100 for data in datagrams)
            for feedback in parsed(datagrams):
                for sequence, arrival in feedback.packets:
                    highest += 1
                    assert sequence == highest & 0xFFFF
                    sent[highest] = arrival
    for number, arrival_us in want.items():
        reported = sent.pop(number)
        assert reported is not None
        modulus = rtcp.REFERENCE_MODULUS_US
        assert reported % modulus == arrival_us // 250 * 250 % modulus
    assert set(sent.values()) <= {None}


def test_short_losses_are_concealed_on_a_calm_link_and_blackouts_are_not() -> None:
    receiver = TwccReceiver()
    receiver.conceals_loss, receiver.picture_flows = True, False
    for number in (0, 1, 3, 9, 10):
        receiver.received(number, 1_000_000 + number * 20_000)
    (feedback,) = [packet for data in receiver.build(1, 2) for packet in rtcp.parse(data)]
    assert isinstance(feedback, rtcp.TransportFeedback)
    lost = [number for number, arrival in feedback.packets if arrival is None]
    assert lost == [7, 8]  # only the first three of the run 4 to 8 are concealed


def test_a_receiver_at_rest_reports_and_keeps_nothing_and_begins_anew_afterwards() -> None:
    receiver = TwccReceiver()
    receiver.received(0xFFF0, 900_000)
    receiver.rests = True
    for number in range(0xFFF1, 0x1FFF0):  # hours of a voice
        receiver.received(number & 0xFFFF, 1_000_000 + number * 120_000)
    assert not receiver.due(1e12)
    assert not receiver.due(1e12, along=True)
    assert receiver.build(1, 2) == []
    receiver.rests = False
    for number in (0x1FFF0, 0x1FFF2):
        receiver.received(number & 0xFFFF, 1_000_000 + number * 120_000)
    (feedback,) = [packet for data in receiver.build(1, 2) for packet in rtcp.parse(data)]
    assert isinstance(feedback, rtcp.TransportFeedback)
    assert [(number, arrival is not None) for number, arrival in feedback.packets] == [
        (0xFFF0, True),
        (0xFFF1, False),
        (0xFFF2, True),
    ]


def test_a_lost_video_packet_is_left_out_so_that_it_can_be_sent_again() -> None:
    receiver = TwccReceiver()
    receiver.conceals_loss = receiver.picture_flows = True
    receiver.received(0, 1_000_000)
    assert receiver.build(1, 2)
    for number in (2, 3, 5, 11, 12):
        receiver.received(number, 1_000_000 + number * 20_000)
    sent = [packet for data in receiver.build(1, 2) for packet in rtcp.parse(data)]
    packets = [one for packet in sent if isinstance(packet, rtcp.TransportFeedback) for one in packet.packets]
    # 1, 4, 6, 7 and 8 are left out; a run as long as the one from 9 on is a blackout.
    assert [number for number, _ in packets] == [2, 3, 5, 9, 10, 11, 12]
    assert [number for number, arrival in packets if arrival is None] == [9, 10]
