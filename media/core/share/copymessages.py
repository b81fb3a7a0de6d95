"""The messages between the relay and a downscaler worker, as bytes on two pipes.

Owns: the framing (four bytes of length) and the fixed layouts. Must never use pickle, or any format that carries
more than numbers and one byte string: the worker decodes hostile pictures, so its messages are no more trustworthy
than the pictures. All numbers are big-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from media.core.rtp import Codec

# The largest frame that depacketize.py lets through, with room for the header.
MAX_MESSAGE_BYTES = 1 << 20

_LENGTH = struct.Struct("!I")
_HEAD = struct.Struct("!BI")
_OPEN = struct.Struct("!BHfI")
_TARGET = struct.Struct("!HfI")
_FRAME = struct.Struct("!IB")
_PICTURE = struct.Struct("!IBHH")
_DONE = struct.Struct("!I")

CODECS = (Codec.VP8, Codec.VP9, Codec.AV1, Codec.H264)


class Kind(IntEnum):
    """The kind of a message. The relay sends the first five kinds, the worker the others."""

    OPEN = 1
    TARGET = 2
    FRAME = 3
    KEYFRAME = 4
    CLOSE = 5
    PICTURE = 6
    DONE = 7
    WANT_KEYFRAME = 8
    READY = 9


class MessageError(ValueError):
    """The bytes are not a message of this protocol."""


@dataclass(frozen=True, slots=True)
class Target:
    """The requested copy: lines of picture, frames a second, bit/s of VP8."""

    height: int
    framerate: float
    bitrate_bps: int


@dataclass(frozen=True, slots=True)
class Open:
    """Begin copy `copy_id` of a source that sends `codec`."""

    copy_id: int
    codec: Codec
    target: Target


@dataclass(frozen=True, slots=True)
class Retarget:
    """Change copy `copy_id` to `target`."""

    copy_id: int
    target: Target


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """A whole frame of the source."""

    copy_id: int
    timestamp: int
    keyframe: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Simple:
    """A message without content: KEYFRAME (encode one), CLOSE, WANT_KEYFRAME (the source must send one).

    READY (the worker has started) belongs to no copy; its id is 0.
    """

    kind: Kind
    copy_id: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A VP8 frame of the copy, with the timestamp of the source's frame from which it was made."""

    copy_id: int
    timestamp: int
    keyframe: bool
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """The worker has handled one source frame, in `spent_us` of processor time."""

    copy_id: int
    spent_us: int


Message = Open | Retarget | SourceFrame | Simple | Picture | Done


def encode(message: Message) -> bytes:
    """The message with its length before it. Raises MessageError if it is too long."""
    body = _body(message)
    if len(body) > MAX_MESSAGE_BYTES:
        raise MessageError("too long")
    return _LENGTH.pack(len(body)) + body


def _body(message: Message) -> bytes:
    match message:
        case Open(copy_id, codec, target):
            numbers = _OPEN.pack(CODECS.index(codec), target.height, target.framerate, target.bitrate_bps)
            return _HEAD.pack(Kind.OPEN, copy_id) + numbers
        case Retarget(copy_id, target):
            numbers = _TARGET.pack(target.height, target.framerate, target.bitrate_bps)
            return _HEAD.pack(Kind.TARGET, copy_id) + numbers
        case SourceFrame(copy_id, timestamp, keyframe, data):
            return _HEAD.pack(Kind.FRAME, copy_id) + _FRAME.pack(timestamp, keyframe) + data
        case Picture(copy_id, timestamp, keyframe, width, height, data):
            numbers = _PICTURE.pack(timestamp, keyframe, width, height)
            return _HEAD.pack(Kind.PICTURE, copy_id) + numbers + data
        case Done(copy_id, spent_us):
            return _HEAD.pack(Kind.DONE, copy_id) + _DONE.pack(min(spent_us, 0xFFFF_FFFF))
        case Simple(kind, copy_id):
            return _HEAD.pack(kind, copy_id)


def decode(body: bytes) -> Message:
    """A message without its length. Raises MessageError."""
    try:
        number, copy_id = _HEAD.unpack_from(body)
        kind = Kind(number)
        return _read(kind, copy_id, body[_HEAD.size :])
    except (struct.error, ValueError, IndexError):
        raise MessageError("not a message") from None


def _read(kind: Kind, copy_id: int, rest: bytes) -> Message:
    match kind:
        case Kind.OPEN:
            codec, height, framerate, bitrate_bps = _OPEN.unpack(rest)
            return Open(copy_id, CODECS[codec], Target(height, framerate, bitrate_bps))
        case Kind.TARGET:
            return Retarget(copy_id, Target(*_TARGET.unpack(rest)))
        case Kind.FRAME:
            timestamp, keyframe = _FRAME.unpack_from(rest)
            return SourceFrame(copy_id, timestamp, bool(keyframe), rest[_FRAME.size :])
        case Kind.PICTURE:
            timestamp, keyframe, width, height = _PICTURE.unpack_from(rest)
            return Picture(copy_id, timestamp, bool(keyframe), width, height, rest[_PICTURE.size :])
        case Kind.DONE:
            return Done(copy_id, *_DONE.unpack(rest))
        case _:
            if rest:
                raise MessageError("content where there is none")
            return Simple(kind, copy_id)


class MessageReader:
    """Splits a byte stream into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes. Raises MessageError; after that the stream is unusable."""
        self._buffer += data
        messages: list[Message] = []
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_MESSAGE_BYTES:
                raise MessageError("too long")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                break
            messages.append(decode(bytes(self._buffer[_LENGTH.size : end])))
            del self._buffer[:end]
        return messages
