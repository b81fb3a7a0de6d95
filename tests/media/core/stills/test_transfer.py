"""Stills over one leg: paced, windowed, resumed, checked."""

from __future__ import annotations

import random
import zlib

import pytest

from media.core.stills.stillframes import (
    CHUNK_MAX_BYTES,
    GOING_MAX,
    Cancel,
    Chunk,
    Done,
    Have,
    Offer,
    StillError,
    StillKind,
    StillMime,
)
from media.core.stills.transfer import (
    CHUNK_OVERHEAD_BYTES,
    WINDOW_MIN_BYTES,
    Still,
    StillReceiver,
    StillSender,
    chunk_bytes_at,
)


def still(size_bytes: int = 5_000, kind: StillKind = StillKind.ASKED, seed: int = 1) -> Still:
    data = random.Random(seed).randbytes(size_bytes)
    offer = Offer(seed, size_bytes, zlib.crc32(data), 640, 480, kind, StillMime.WEBP)
    return Still(offer, bytearray(data), whole=True)


class Way:
    """A sender and a receiver, joined directly in virtual time."""

    def __init__(self, rate_bps: float = 16_000, receiver: StillReceiver | None = None) -> None:
        self.sender = StillSender()
        self.receiver = receiver or StillReceiver()
        self.now_ms = 0.0
        self.rate_bps = rate_bps
        self.done: list[int] = []
        self.order: list[int] = []
        self.wire_bytes = 0
        self.sender.set_pace(rate_bps, chunk_bytes_at(32_000), 0.0)

    def offer(self, one: Still, slot: int = 0) -> None:
        for frame in self.sender.offer(one, one.offer.still_id, slot):
            if isinstance(frame, Offer):
                self.answer(self.receiver.offered(frame))

    def answer(self, frames: list) -> None:  # type: ignore[type-arg]
        for frame in frames:
            if isinstance(frame, Have):
                self.sender.have(frame)
            elif isinstance(frame, Done):
                self.done.append(frame.still_id)
                self.sender.remove(frame.still_id)
            elif isinstance(frame, Cancel):
                self.sender.remove(frame.still_id)

    def run(self, ms: float) -> None:
        end_ms = self.now_ms + ms
        while self.now_ms < end_ms:
            self.now_ms += 25.0
            for chunk in self.sender.take(self.now_ms):
                self.order.append(chunk.still_id)
                self.wire_bytes += len(chunk.data) + CHUNK_OVERHEAD_BYTES
                self.answer(self.receiver.arrived(chunk))


def test_a_still_arrives_whole_at_the_pace_it_was_given() -> None:
    way = Way(rate_bps=16_000)
    one = still(20_000)
    way.offer(one)
    coming = way.receiver.coming[1]
    way.run(5_000)
    assert not coming.whole
    assert way.wire_bytes == pytest.approx(10_000, rel=0.1)  # 5 s of 16 kbit/s
    way.run(10_000)
    assert coming.whole
    assert bytes(coming.data) == bytes(one.data)
    assert way.done == [1]
    assert way.sender.is_idle


def test_no_chunk_leaves_before_the_receiver_has_given_its_offset() -> None:
    sender = StillSender()
    sender.set_pace(1e6, CHUNK_MAX_BYTES, 0.0)
    sender.offer(still(), 1, 0)
    assert sender.take(1_000.0) == []
    sender.have(Have(1, 0))
    assert sender.take(2_000.0)


def test_a_silent_receiver_is_sent_no_more_than_a_window() -> None:
    sender = StillSender()
    sender.set_pace(4_000, 200, 0.0)
    sender.offer(still(50_000), 1, 0)
    sender.have(Have(1, 0))
    sent = sum(len(chunk.data) for ms in range(0, 600_000, 25) for chunk in sender.take(float(ms)))
    assert sent <= WINDOW_MIN_BYTES + 200
    assert not sender.take(600_000.0)


def test_an_idle_minute_allows_no_burst() -> None:
    sender = StillSender()
    sender.set_pace(8_000, 400, 0.0)
    sender.take(60_000.0)
    sender.offer(still(50_000), 1, 0)
    sender.have(Have(1, 0))
    assert len(sender.take(60_025.0)) == 1
    assert sender.take(60_050.0) == []


def test_a_transfer_resumes_over_a_new_leg_where_it_stopped() -> None:
    way = Way()
    one = still(12_000)
    way.offer(one)
    way.run(2_000)
    half = len(way.receiver.coming[1].data)
    assert 0 < half < 12_000
    again = Way(receiver=way.receiver)  # the old leg was lost with the messages under way
    again.offer(one)
    coming = way.receiver.coming[1]
    again.run(20_000)
    assert coming.whole
    assert again.wire_bytes < (12_000 - half) * 1.5


def test_a_requested_still_goes_before_a_periodic_one() -> None:
    way = Way()
    way.offer(still(4_000, StillKind.PERIODIC, seed=1))
    way.run(500)
    way.offer(still(4_000, StillKind.ASKED, seed=2))
    way.run(20_000)
    assert way.done == [2, 1]


def test_a_newer_periodic_still_replaces_one_that_has_not_begun() -> None:
    sender = StillSender()
    sender.set_pace(8_000, 400, 0.0)
    sender.offer(still(kind=StillKind.PERIODIC, seed=1), 1, 0)
    frames = sender.offer(still(kind=StillKind.PERIODIC, seed=2), 2, 0)
    assert frames[0] == Cancel(1)
    assert isinstance(frames[1], Offer)


def test_a_newer_periodic_still_lets_one_that_is_half_sent_arrive() -> None:
    way = Way()
    way.offer(still(3_000, StillKind.PERIODIC, seed=1))
    way.run(500)
    way.offer(still(3_000, StillKind.PERIODIC, seed=2))
    way.offer(still(3_000, StillKind.PERIODIC, seed=3))
    way.run(20_000)
    assert way.done == [1, 3]


def test_the_stills_of_another_person_are_not_replaced() -> None:
    sender = StillSender()
    sender.offer(still(kind=StillKind.PERIODIC, seed=1), 1, 0)
    frames = sender.offer(still(kind=StillKind.PERIODIC, seed=2), 2, 1)
    assert [type(frame) for frame in frames] == [Offer]


def test_a_still_is_forwarded_while_it_is_still_being_received() -> None:
    up, down = Way(rate_bps=16_000), Way(rate_bps=64_000)
    one = still(8_000)
    up.offer(one)
    relayed = up.receiver.coming[1]
    down.offer(relayed)
    ms = 0
    while not down.done and ms < 60_000:
        up.run(25)
        down.run(25)
        ms += 25
        if ms == 2_000:
            assert len(down.receiver.coming[1].data) > 0
            assert not relayed.whole
    assert down.done == [1]
    # It arrives hardly later than its last chunk came up: one transfer, not two in a row.
    assert ms < 8_000 * 1.5 * 8 / 16


def test_a_damaged_still_is_requested_once_more_and_then_given_up() -> None:
    receiver = StillReceiver()
    offer = Offer(1, 4, zlib.crc32(b"good"), 1, 1, StillKind.ASKED, StillMime.WEBP)
    assert receiver.offered(offer) == [Have(1, 0)]
    assert receiver.arrived(Chunk(1, 0, b"evil")) == [Have(1, 0)]
    assert receiver.arrived(Chunk(1, 0, b"good")) == [Done(1)]
    receiver.offered(Offer(2, 4, zlib.crc32(b"good"), 1, 1, StillKind.ASKED, StillMime.WEBP))
    receiver.arrived(Chunk(2, 0, b"evil"))
    assert receiver.arrived(Chunk(2, 0, b"evil")) == [Cancel(2)]
    assert receiver.coming == {}


def test_a_still_whose_completion_was_not_reported_is_not_taken_twice() -> None:
    way = Way()
    one = still()
    way.offer(one)
    way.run(10_000)
    again = Way(receiver=way.receiver)  # "done" was lost with the leg
    again.offer(one)
    again.run(1_000)
    assert again.done == [1]
    assert again.wire_bytes == 0


def test_bytes_already_received_do_no_harm_and_gaps_are_refused() -> None:
    receiver = StillReceiver()
    receiver.offered(Offer(1, 6, zlib.crc32(b"abcdef"), 1, 1, StillKind.ASKED, StillMime.WEBP))
    receiver.arrived(Chunk(1, 0, b"abc"))
    receiver.arrived(Chunk(1, 1, b"bcd"))
    receiver.arrived(Chunk(1, 0, b"a"))
    assert bytes(receiver.coming[1].data) == b"abcd"
    with pytest.raises(StillError):
        receiver.arrived(Chunk(1, 5, b"f"))
    with pytest.raises(StillError):
        receiver.arrived(Chunk(1, 4, b"efg"))
    assert receiver.arrived(Chunk(1, 4, b"ef")) == [Done(1)]


def test_chunks_of_a_cancelled_still_are_ignored() -> None:
    assert StillReceiver().arrived(Chunk(9, 100, b"late")) == []


def test_a_receiver_takes_few_stills_at_once_and_no_second_one_of_a_number() -> None:
    receiver = StillReceiver()
    for number in range(GOING_MAX):
        assert receiver.offered(still(seed=number).offer) == [Have(number, 0)]
    assert receiver.offered(still(seed=99).offer) == [Cancel(99)]
    other = still(size_bytes=77, seed=0).offer
    assert receiver.offered(other) == [Cancel(0)]


def test_a_receiver_that_claims_more_bytes_than_it_was_sent_is_refused() -> None:
    sender = StillSender()
    sender.offer(still(1_000), 1, 0)
    sender.have(Have(1, 0))
    for offset in (500, 1_001):
        with pytest.raises(StillError):
            sender.have(Have(1, offset))


@pytest.mark.parametrize("link_bps", [9_500, 20_000, 64_000, 10_000_000])
def test_a_chunk_is_short_on_a_thin_link_and_fits_one_packet_on_any(link_bps: int) -> None:
    size = chunk_bytes_at(link_bps)
    assert size <= CHUNK_MAX_BYTES
    assert size + CHUNK_OVERHEAD_BYTES <= 750  # a network may drop larger packets without a word
    assert (size + CHUNK_OVERHEAD_BYTES) * 8000 / link_bps <= 260
