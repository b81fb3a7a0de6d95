"""Stills from hostile pages: parser and receiver raise their one error, and memory stays bounded."""

from __future__ import annotations

import zlib

from media.core.stills import (
    GOING_MAX,
    STILL_MAX_BYTES,
    Cancel,
    Chunk,
    Done,
    Grant,
    Have,
    Hello,
    Offer,
    Still,
    StillError,
    StillKind,
    StillMime,
    StillReceiver,
    StillSender,
    build,
    parse,
)
from tests.fuzz.harness import fuzz

PICTURE = bytes(range(256)) * 4
OFFER = Offer(5, len(PICTURE), zlib.crc32(PICTURE), 320, 240, StillKind.PERIODIC, StillMime.JPEG)
SEEDS = [
    build(frame)
    for frame in (
        Hello((5, 6)),
        OFFER,
        Chunk(5, 0, PICTURE[:500]),
        Chunk(5, 500, PICTURE[500:]),
        Have(5, 500),
        Done(5),
        Cancel(5),
        Grant(6_000, 300),
    )
]


def read_still_frame(data: bytes) -> None:
    """An accepted frame can be written again unchanged."""
    frame = parse(data)
    assert parse(build(frame)) == frame


def test_still_frames() -> None:
    assert fuzz(read_still_frame, SEEDS, StillError, 20_000, 41) > 1_000


def test_a_sender_and_a_receiver_under_frames_in_any_order() -> None:
    receiver, sender = StillReceiver(), StillSender()
    sender.set_pace(1e6, 500, 0.0)
    now_ms = 0.0

    def still_machines(data: bytes) -> None:
        nonlocal now_ms
        now_ms += 25.0
        sender.offer(Still(OFFER, bytearray(PICTURE), whole=True), 5, 0)
        match parse(data):
            case Offer() as frame:
                receiver.offered(frame)
            case Chunk() as frame:
                receiver.arrived(frame)
            case Have() as frame:
                sender.have(frame)
            case Done() | Cancel() as frame:
                sender.remove(frame.still_id)
                receiver.remove(frame.still_id)
            case _:
                pass
        assert all(len(chunk.data) <= 500 for chunk in sender.take(now_ms))
        assert len(receiver.coming) <= GOING_MAX
        assert sum(len(one.data) for one in receiver.coming.values()) <= GOING_MAX * STILL_MAX_BYTES

    assert fuzz(still_machines, SEEDS, StillError, 20_000, 42) > 1_000
