"""RTP packets as views over bytes: read the header, find an extension, write a new header.

Owns: the RTP header (RFC 3550 section 5.1), header extensions (RFC 8285), the distinction of RTP and RTCP (RFC 5761
section 4) and the arithmetic of numbers that wrap. Must never make an object for each packet: the forwarder calls
these functions thousands of times a second. Sizes are bytes, offsets count from the start of the packet.
"""

from __future__ import annotations

import struct

FIXED_HEADER_BYTES = 12
MARKER = 0x80
PADDING = 0x20
# RFC 8285 section 4.2: identifier 0 is padding and 15 is reserved in the one-byte form.
MAX_ONE_BYTE_EXTENSION_ID = 14

# The result of `parse`: marker and payload type byte, sequence number, timestamp, SSRC, header length.
Header = tuple[int, int, int, int, int]

_EXTENSION = 0x10
_VERSION_2 = 0x80
_ONE_BYTE_PROFILE = 0xBEDE
# RFC 8285 section 4.3: 0x100, then four bits that the application may use.
_TWO_BYTE_PROFILE = 0x1000
_TWO_BYTE_PROFILE_MASK = 0xFFF0
_FIXED = struct.Struct("!BBHII")
# The fixed header and one extension word: profile, length in words, (id, length - 1), 16-bit value, padding.
_FIXED_TWCC = struct.Struct("!BBHIIHHBHx")
_U16 = struct.Struct("!H")
_U16_PAIR = struct.Struct("!HH")

_unpack_fixed = _FIXED.unpack_from
# The longest header that `compose` writes.
COMPOSED_HEADER_MAX_BYTES = _FIXED_TWCC.size
_pack_fixed = _FIXED.pack
_pack_fixed_twcc = _FIXED_TWCC.pack
_unpack_pair = _U16_PAIR.unpack_from
_unpack_u16 = _U16.unpack_from


class RtpError(ValueError):
    """The bytes are not an RTP packet: wrong version, too short, or a length that reaches beyond the end."""


def is_rtcp(data: bytes) -> bool:
    """Whether this is RTCP and not RTP (RFC 5761 section 4: packet types 192 to 223)."""
    return len(data) > 1 and 192 <= data[1] <= 223


def parse(data: bytes) -> Header:
    """Read a header: (marker and payload type byte, sequence number, timestamp, SSRC, header length).

    The header length counts the CSRC list and the whole header extension. Raises RtpError.
    """
    length = len(data)
    if length < FIXED_HEADER_BYTES:
        raise RtpError("shorter than an RTP header")
    first, second_byte, sequence_number, timestamp, ssrc = _unpack_fixed(data)
    if first & 0xC0 != _VERSION_2:
        raise RtpError("not RTP version 2")
    header_len = FIXED_HEADER_BYTES + 4 * (first & 0x0F)
    if first & _EXTENSION:
        if header_len + 4 > length:
            raise RtpError("no room for the header extension")
        header_len += 4 + 4 * (data[header_len + 2] << 8 | data[header_len + 3])
    if header_len > length:
        raise RtpError("the header reaches beyond the end")
    return second_byte, sequence_number, timestamp, ssrc, header_len


def payload_end(data: bytes, header_len: int) -> int:
    """Where the payload ends and the padding begins. Raises RtpError on impossible padding."""
    length = len(data)
    if not data[0] & PADDING:
        return length
    padding = data[-1]
    if padding == 0 or header_len + padding > length:
        raise RtpError("impossible padding")
    return length - padding


def find_extension(data: bytes, ext_id: int) -> tuple[int, int]:
    """Offset and length of extension element `ext_id` (RFC 8285); (-1, 0) if the packet has none."""
    first = data[0]
    start = FIXED_HEADER_BYTES + 4 * (first & 0x0F)
    if not first & _EXTENSION or start + 4 > len(data):
        return -1, 0
    profile, words = _unpack_pair(data, start)
    at = start + 4
    # `parse` refuses packets whose extension reaches beyond the end. Still never read beyond the end.
    end = min(at + 4 * words, len(data))
    if profile == _ONE_BYTE_PROFILE:
        return _find_one_byte(data, at, end, ext_id)
    if profile & _TWO_BYTE_PROFILE_MASK == _TWO_BYTE_PROFILE:
        return _find_two_byte(data, at, end, ext_id)
    return -1, 0


def _find_one_byte(data: bytes, at: int, end: int, ext_id: int) -> tuple[int, int]:
    while at < end:
        head = data[at]
        if head == 0:
            at += 1
            continue
        element_id = head >> 4
        if element_id in (0, 15):
            # RFC 8285 section 4.2: this element ends the processing of the whole extension.
            return -1, 0
        length = (head & 0x0F) + 1
        at += 1
        if element_id == ext_id:
            return (at, length) if at + length <= end else (-1, 0)
        at += length
    return -1, 0


def _find_two_byte(data: bytes, at: int, end: int, ext_id: int) -> tuple[int, int]:
    while at + 1 < end:
        element_id = data[at]
        if element_id == 0:
            at += 1
            continue
        length = data[at + 1]
        at += 2
        if element_id == ext_id:
            return (at, length) if at + length <= end else (-1, 0)
        at += length
    return -1, 0


def extension_u16(data: bytes, ext_id: int) -> int:
    """The 16-bit value of extension `ext_id` (transport-wide sequence number); -1 if absent.

    `data` has passed `parse`.
    """
    at, length = find_extension(data, ext_id)
    if length < 2:
        return -1
    value: int = _unpack_u16(data, at)[0]
    return value


def extension_u8(data: bytes, ext_id: int) -> int:
    """The first byte of extension `ext_id` (RFC 6464 audio level); -1 if absent.

    `data` has passed `parse`.
    """
    at, length = find_extension(data, ext_id)
    return data[at] if length else -1


def compose(
    data: bytes,
    header_len: int,
    *,
    second_byte: int,
    sequence_number: int,
    timestamp: int,
    ssrc: int,
    twcc_id: int = 0,
    twcc_seq: int = 0,
) -> bytes:
    """Write the packet to forward: a new header before the payload of `data`.

    CSRCs and all incoming extensions are dropped, because they belong to the other transport; padding stays. With
    `twcc_id` (1 to 14) the packet carries `twcc_seq` as its transport-wide sequence number.
    """
    first = _VERSION_2 | data[0] & PADDING
    if twcc_id:
        return (
            _pack_fixed_twcc(
                first | _EXTENSION,
                second_byte,
                sequence_number,
                timestamp,
                ssrc,
                _ONE_BYTE_PROFILE,
                1,
                twcc_id << 4 | 1,
                twcc_seq,
            )
            + data[header_len:]
        )
    return _pack_fixed(first, second_byte, sequence_number, timestamp, ssrc) + data[header_len:]


def build(
    payload: bytes,
    *,
    second_byte: int,
    sequence_number: int,
    timestamp: int,
    ssrc: int,
    twcc_id: int = 0,
    twcc_seq: int = 0,
    padding: int = 0,
) -> bytes:
    """Write a packet of our own. With `padding` (0 to 255 bytes) a probe needs no payload."""
    if not twcc_id and not padding:  # a voice packet taken out of RED
        return _pack_fixed(_VERSION_2, second_byte, sequence_number, timestamp, ssrc) + payload
    tail = bytes(padding - 1) + bytes((padding,)) if padding else b""
    return compose(
        bytes((PADDING if padding else 0,)) + payload + tail,
        1,
        second_byte=second_byte,
        sequence_number=sequence_number,
        timestamp=timestamp,
        ssrc=ssrc,
        twcc_id=twcc_id,
        twcc_seq=twcc_seq,
    )


def seq_delta(a: int, b: int) -> int:
    """How far sequence number `a` is ahead of `b`: -32768 to 32767. `b` may be unwrapped."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


def ts_delta(a: int, b: int) -> int:
    """How far timestamp `a` is ahead of `b` in clock ticks: -2^31 to 2^31 - 1. `b` may be unwrapped."""
    return ((a - b + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000


class SequenceUnwrapper:
    """Unwraps 16-bit numbers. Tolerates reordering by less than half the number space.

    The first number stays as it is, so a late packet from just before it can get a negative number.
    """

    __slots__ = ("highest",)

    def __init__(self) -> None:
        self.highest: int | None = None

    def unwrap(self, sequence_number: int) -> int:
        """The unwrapped number."""
        if self.highest is None:
            self.highest = sequence_number
            return sequence_number
        extended = self.highest + seq_delta(sequence_number, self.highest)
        self.highest = max(self.highest, extended)
        return extended


class RestartDetector:
    """Distinguishes a restarted source from one stray packet (RFC 3550 appendix A.1, ``bad_seq``).

    A number out of range shows a restart only if the next packet has the next number.
    """

    __slots__ = ("_awaited",)

    def __init__(self) -> None:
        self._awaited = -1

    def confirms(self, sequence_number: int) -> bool:
        """Whether this number out of range directly follows the one of the last call."""
        if sequence_number == self._awaited:
            self._awaited = -1
            return True
        self._awaited = (sequence_number + 1) & 0xFFFF
        return False
