"""The frames that carry stills over a leg's one data channel (``keneya``, negotiated id 0, ordered, reliable).

Owns: the binary form of each frame, its bounds, reading and writing. Must never keep state nor look into a picture.
Data channels: RFC 8831; all numbers are big-endian. One message holds one frame; its first byte is the type:

    hello   1, version u8, count u8, count * still_id u32   page to server, first on every channel: its own stills
                                                            that it continues to send; all others are cancelled
    offer   2, still_id u32, size_bytes u32, crc32 u32,     sender: offers a still (crc32 of all bytes, RFC 1952);
            width u16, height u16, kind u8, mime u8,        slot: the receive slot, on the receiving page, of the
            slot u8                                         person who took it (255 on the uplink)
    chunk   3, still_id u32, offset u32, data               sender: the next bytes
    have    4, still_id u32, offset u32                     receiver: has all bytes before offset; answers an offer
    done    5, still_id u32                                 receiver: has the whole still, and its crc32 is right
    cancel  6, still_id u32                                 either: ends the transfer
    grant   7, rate_bps u32, chunk_bytes u16                server to page: the rate and the chunk size to send with

The sender of a hop assigns the ``still_id``, and keeps it when it offers the still again on a new leg. Ids of pages
are below 2**31, ids of the server have that bit set, so that a cancel is clear in both directions.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

VERSION = 1
# A 1280x720 still as WebP of good quality has 60 to 150 kB; far more than that is a mistake.
STILL_MAX_BYTES = 600_000
# One chunk fits one SCTP packet: those of aiortc hold 1,161 bytes, those of dcsctp 1,191 less 28.
CHUNK_MAX_BYTES = 1_000
CHUNK_MIN_BYTES = 64
# More pixels than the camera of any station has; a receiver sizes its view by the sides.
SIDE_MAX_PIXELS = 8_192
# How many stills one page may send at once.
GOING_MAX = 4
NO_SLOT = 255
SERVER_IDS = 0x8000_0000

_HELLO, _OFFER, _CHUNK, _HAVE, _DONE, _CANCEL, _GRANT = range(1, 8)
_OFFER_BODY = struct.Struct("!BIIIHHBBB")
_CHUNK_HEAD = struct.Struct("!BII")
_HAVE_BODY = struct.Struct("!BII")
_ONE_ID = struct.Struct("!BI")
_GRANT_BODY = struct.Struct("!BIH")


class StillError(ValueError):
    """Not a frame, or a frame that does not fit the ones before. The peer's fault: counted, not shown."""


class StillKind(IntEnum):
    """Why a still was taken."""

    PERIODIC = 0
    ASKED = 1


class StillMime(IntEnum):
    """How a still is encoded."""

    WEBP = 0
    JPEG = 1


@dataclass(frozen=True, slots=True)
class Hello:
    """The page's first frame on every channel; ``going``: its own stills that it continues to send."""

    going: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A still that the sender offers. Sides are in pixels."""

    still_id: int
    size_bytes: int
    crc32: int
    width: int
    height: int
    kind: StillKind
    mime: StillMime
    slot: int = NO_SLOT


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of a still from ``offset`` on."""

    still_id: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Have:
    """The receiver has everything before ``offset``."""

    still_id: int
    offset: int


@dataclass(frozen=True, slots=True)
class Done:
    """The receiver has the whole still."""

    still_id: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Ends the transfer of a still, for sender and receiver."""

    still_id: int


@dataclass(frozen=True, slots=True)
class Grant:
    """How fast the page may send, in bit/s on the wire, and how many bytes of a still one chunk holds."""

    rate_bps: int
    chunk_bytes: int


Frame = Hello | Offer | Chunk | Have | Done | Cancel | Grant


def parse(data: bytes) -> Frame:
    """Read one frame. Raises StillError on any bad input."""
    if not data:
        raise StillError("empty")
    try:
        return _READERS[data[0]](data)
    except KeyError:
        raise StillError("unknown type") from None
    except struct.error:
        raise StillError("wrong length") from None


def build(frame: Frame) -> bytes:
    """Write one frame."""
    match frame:
        case Hello():
            count = len(frame.going)
            return struct.pack(f"!BBB{count}I", _HELLO, VERSION, count, *frame.going)
        case Offer():
            return _OFFER_BODY.pack(
                _OFFER,
                frame.still_id,
                frame.size_bytes,
                frame.crc32,
                frame.width,
                frame.height,
                frame.kind,
                frame.mime,
                frame.slot,
            )
        case Chunk():
            return _CHUNK_HEAD.pack(_CHUNK, frame.still_id, frame.offset) + frame.data
        case Have():
            return _HAVE_BODY.pack(_HAVE, frame.still_id, frame.offset)
        case Done():
            return _ONE_ID.pack(_DONE, frame.still_id)
        case Cancel():
            return _ONE_ID.pack(_CANCEL, frame.still_id)
        case Grant():
            return _GRANT_BODY.pack(_GRANT, frame.rate_bps, frame.chunk_bytes)


def _hello(data: bytes) -> Hello:
    _, version, count = struct.unpack_from("!BBB", data)
    if version != VERSION:
        raise StillError("other version")
    if count > GOING_MAX:
        raise StillError("too many stills")
    return Hello(struct.unpack(f"!3x{count}I", data))


def _offer(data: bytes) -> Offer:
    _, still_id, size_bytes, crc32, width, height, kind, mime, slot = _OFFER_BODY.unpack(data)
    if not 0 < size_bytes <= STILL_MAX_BYTES:
        raise StillError("size")
    if not (0 < width <= SIDE_MAX_PIXELS and 0 < height <= SIDE_MAX_PIXELS):
        raise StillError("sides")
    try:
        return Offer(still_id, size_bytes, crc32, width, height, StillKind(kind), StillMime(mime), slot)
    except ValueError:
        raise StillError("kind or mime") from None


def _chunk(data: bytes) -> Chunk:
    _, still_id, offset = _CHUNK_HEAD.unpack_from(data)
    body = data[_CHUNK_HEAD.size :]
    if not 0 < len(body) <= CHUNK_MAX_BYTES:
        raise StillError("chunk length")
    if offset + len(body) > STILL_MAX_BYTES:
        raise StillError("chunk offset")
    return Chunk(still_id, offset, body)


def _have(data: bytes) -> Have:
    _, still_id, offset = _HAVE_BODY.unpack(data)
    if offset > STILL_MAX_BYTES:
        raise StillError("offset")
    return Have(still_id, offset)


def _done(data: bytes) -> Done:
    return Done(_ONE_ID.unpack(data)[1])


def _cancel(data: bytes) -> Cancel:
    return Cancel(_ONE_ID.unpack(data)[1])


def _grant(data: bytes) -> Grant:
    _, rate_bps, chunk_bytes = _GRANT_BODY.unpack(data)
    if not CHUNK_MIN_BYTES <= chunk_bytes <= CHUNK_MAX_BYTES:
        raise StillError("chunk length")
    return Grant(rate_bps, chunk_bytes)


_READERS: dict[int, Callable[[bytes], Frame]] = {
    _HELLO: _hello,
    _OFFER: _offer,
    _CHUNK: _chunk,
    _HAVE: _have,
    _DONE: _done,
    _CANCEL: _cancel,
    _GRANT: _grant,
}
