"""The frames of stills: a written frame is read back, and one out of bounds is refused."""

from __future__ import annotations

import struct

import pytest

from media.core.stills.stillframes import (
    CHUNK_MAX_BYTES,
    GOING_MAX,
    STILL_MAX_BYTES,
    Cancel,
    Chunk,
    Done,
    Frame,
    Grant,
    Have,
    Hello,
    Offer,
    StillError,
    StillKind,
    StillMime,
    build,
    parse,
)

OFFER = Offer(7, 60_000, 0xDEADBEEF, 1280, 720, StillKind.ASKED, StillMime.WEBP, 2)
FRAMES: list[Frame] = [
    Hello(),
    Hello((1, 2**31 - 1)),
    OFFER,
    Chunk(7, 59_999, b"x"),
    Chunk(7, 0, bytes(CHUNK_MAX_BYTES)),
    Have(7, 60_000),
    Done(2**32 - 1),
    Cancel(0),
    Grant(0, 200),
    Grant(2**32 - 1, CHUNK_MAX_BYTES),
]


@pytest.mark.parametrize("frame", FRAMES)
def test_every_written_frame_is_read_back_unchanged(frame: Frame) -> None:
    assert parse(build(frame)) == frame


def test_an_offer_has_the_documented_layout() -> None:
    fields = struct.pack("!BIIIHHBBB", 2, 7, 60_000, 0xDEADBEEF, 1280, 720, 1, 0, 2)
    assert build(OFFER) == fields


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x08\x00\x00\x00\x01",
        build(Done(1)) + b"x",
        build(Have(1, 1))[:-1],
        build(Hello((1,)))[:-1],
        bytes((1, 2, 0)),
        bytes((1, 1, GOING_MAX + 1)) + bytes(4 * GOING_MAX + 4),
        struct.pack("!BIIIHHBBB", 2, 7, 0, 0, 1, 1, 0, 0, 0),
        struct.pack("!BIIIHHBBB", 2, 7, STILL_MAX_BYTES + 1, 0, 1, 1, 0, 0, 0),
        struct.pack("!BIIIHHBBB", 2, 7, 1, 0, 0, 1, 0, 0, 0),
        struct.pack("!BIIIHHBBB", 2, 7, 1, 0, 1, 60_000, 0, 0, 0),
        struct.pack("!BIIIHHBBB", 2, 7, 1, 0, 1, 1, 9, 0, 0),
        struct.pack("!BIIIHHBBB", 2, 7, 1, 0, 1, 1, 0, 9, 0),
        struct.pack("!BII", 3, 1, 0),
        struct.pack("!BII", 3, 1, 0) + bytes(CHUNK_MAX_BYTES + 1),
        struct.pack("!BII", 3, 1, STILL_MAX_BYTES) + b"x",
        struct.pack("!BII", 4, 1, STILL_MAX_BYTES + 1),
        struct.pack("!BIH", 7, 1, 0),
        struct.pack("!BIH", 7, 1, CHUNK_MAX_BYTES + 1),
    ],
)
def test_a_frame_out_of_bounds_is_refused_with_the_one_error(data: bytes) -> None:
    with pytest.raises(StillError):
        parse(data)
