"""Turns the RTP payloads of one video frame into the bytes that a decoder takes.

Owns: the payload formats VP8 (RFC 7741), VP9 (RFC 9628, the lowest spatial layer), AV1 ("RTP Payload Format For
AV1", v1.0) and H.264 (RFC 6184, packetization modes 0 and 1). Must never reorder packets or guess the content of a
lost one: frameassembly.py passes only whole frames. Raises one documented error on any bad input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from media.core.rtp.codecs import Codec

# A 1280x720 frame at the rates we forward has less than 200 kB; four times that is an attack on memory.
MAX_FRAME_BYTES = 800_000

_START_CODE = b"\x00\x00\x00\x01"
# RFC 6184 table 1 and sections 5.7.1, 5.8.
_NAL_TYPE_MASK, _NAL_STAP_A, _NAL_FU_A = 0x1F, 24, 28
_NAL_SINGLE = range(1, 24)
_FU_START, _FU_END = 0x80, 0x40
# AV1 specification sections 5.3.2 and 6.2.2: the flags of the OBU header, and the types that RTP leaves out.
_OBU_EXTENSION, _OBU_HAS_SIZE = 0x04, 0x02
_OBU_TEMPORAL_DELIMITER, _OBU_TILE_LIST = 2, 8
_OBU_FORBIDDEN = 0x80
# AV1 specification section 4.10.5.
_LEB128_MAX_BYTES = 8
# An OBU of type 2 without content. A decoder expects one before each frame.
_TEMPORAL_DELIMITER = bytes((_OBU_TEMPORAL_DELIMITER << 3 | _OBU_HAS_SIZE, 0))


class DepacketizeError(ValueError):
    """The payloads do not make up a frame of their codec, or the frame is too large."""


def frame_of(codec: Codec, payloads: Sequence[bytes]) -> bytes:
    """The frame of which these are all payloads, in order. Raises DepacketizeError.

    The result is an Annex B byte stream for H.264, a temporal unit in the low-overhead format for AV1, and a plain
    frame for VP8 and VP9.
    """
    read = _READERS.get(codec)
    if read is None:
        raise DepacketizeError("not a video codec")
    if not payloads:
        raise DepacketizeError("no packets")
    if sum(map(len, payloads)) > MAX_FRAME_BYTES:
        raise DepacketizeError("the frame is too large")
    frame = read(payloads)
    if not frame:
        raise DepacketizeError("an empty frame")
    return frame


def starts_frame(codec: Codec, payload: bytes) -> bool:
    """Whether this can be the first packet of a frame; True if the format does not say (H.264 mode 0)."""
    if not payload:
        return False
    first = payload[0]
    if codec == Codec.VP8:
        return first & 0x17 == 0x10  # S = 1, PID = 0
    if codec == Codec.VP9:
        return bool(first & 0x08)
    if codec == Codec.AV1:
        return not first & 0x80
    if first & _NAL_TYPE_MASK == _NAL_FU_A:
        return len(payload) > 1 and bool(payload[1] & _FU_START)
    return True


def _vp8(payloads: Sequence[bytes]) -> bytes:
    if not starts_frame(Codec.VP8, payloads[0]):
        raise DepacketizeError("VP8: the first packet does not start a frame")
    return b"".join(payload[_vp8_descriptor_bytes(payload) :] for payload in payloads)


def _vp8_descriptor_bytes(payload: bytes) -> int:
    """RFC 7741 section 4.2."""
    try:
        at = 1
        if payload[0] & 0x80:
            extension = payload[1]
            at = 2
            if extension & 0x80:
                at += 2 if payload[at] & 0x80 else 1
            if extension & 0x40:
                at += 1
            if extension & 0x30:
                at += 1
    except IndexError:
        raise DepacketizeError("VP8: the descriptor is cut short") from None
    if at >= len(payload):
        raise DepacketizeError("VP8: nothing behind the descriptor")
    return at


def _vp9(payloads: Sequence[bytes]) -> bytes:
    parts: list[bytes] = []
    for payload in payloads:
        try:
            at, spatial_layer = _vp9_descriptor(payload)
        except IndexError:
            raise DepacketizeError("VP9: the descriptor is cut short") from None
        if at >= len(payload):
            raise DepacketizeError("VP9: nothing behind the descriptor")
        if spatial_layer == 0:
            if not parts and not payload[0] & 0x08:
                raise DepacketizeError("VP9: the first packet does not start a frame")
            parts.append(payload[at:])
    return b"".join(parts)


def _vp9_descriptor(payload: bytes) -> tuple[int, int]:
    """RFC 9628 section 4.2: (start of the frame's bytes, spatial layer). Raises IndexError if cut short."""
    first = payload[0]
    at, spatial_layer = 1, 0
    if first & 0x80:
        at += 2 if payload[at] & 0x80 else 1
    if first & 0x20:
        spatial_layer = payload[at] >> 1 & 0x07
        # Without flexible mode, TL0PICIDX follows the indices.
        at += 1 if first & 0x10 else 2
    if first & 0x10 and first & 0x40:
        while payload[at] & 0x01:  # N: one more reference follows
            at += 1
        at += 1
    if first & 0x02:
        at = _vp9_structure(payload, at)
    return at, spatial_layer


def _vp9_structure(payload: bytes, at: int) -> int:
    """Where the scalability structure (RFC 9628 section 4.2.1) ends."""
    structure = payload[at]
    at += 1
    if structure & 0x10:
        at += 4 * ((structure >> 5) + 1)
    if structure & 0x08:
        pictures = payload[at]
        at += 1
        for _ in range(pictures):
            at += 1 + (payload[at] >> 2 & 0x03)
    return at


def _av1(payloads: Sequence[bytes]) -> bytes:
    """Sections 4.3 and 5: join the fragments of OBUs, and restore the size of each OBU."""
    whole: list[bytes] = []
    open_obu: bytes | None = None  # the start of an OBU that the last packet cut off
    for payload in payloads:
        if len(payload) < 2:
            raise DepacketizeError("AV1: nothing behind the aggregation header")
        continues, goes_on = bool(payload[0] & 0x80), bool(payload[0] & 0x40)
        if continues != (open_obu is not None):
            raise DepacketizeError("AV1: a fragment without its other half")
        elements = _av1_elements(payload)
        if open_obu is not None:
            elements[0] = open_obu + elements[0]
        open_obu = elements.pop() if goes_on else None
        whole += elements
    if open_obu is not None:
        raise DepacketizeError("AV1: the frame ends in the middle of an OBU")
    sized = b"".join(map(_av1_sized, whole))
    return _TEMPORAL_DELIMITER + sized if sized else b""


def _av1_elements(payload: bytes) -> list[bytes]:
    count = payload[0] >> 4 & 0x03
    elements: list[bytes] = []
    at = 1
    while at < len(payload):
        length = len(payload) - at
        # The last of W elements has no length; with W = 0 every element has one.
        if len(elements) + 1 != count:
            length, at = _leb128(payload, at)
        if not 0 < length <= len(payload) - at:
            raise DepacketizeError("AV1: an element reaches beyond its packet")
        elements.append(payload[at : at + length])
        at += length
    if not elements or count not in (0, len(elements)):
        raise DepacketizeError("AV1: not as many elements as announced")
    return elements


def _av1_sized(obu: bytes) -> bytes:
    """The OBU with its size field; empty for a type that RTP does not carry."""
    header = obu[0]
    if header & _OBU_FORBIDDEN:
        raise DepacketizeError("AV1: the forbidden bit is set")
    if header >> 3 & 0x0F in (_OBU_TEMPORAL_DELIMITER, _OBU_TILE_LIST):
        return b""
    header_bytes = 2 if header & _OBU_EXTENSION else 1
    if len(obu) < header_bytes:
        raise DepacketizeError("AV1: an OBU header is cut short")
    content = obu[header_bytes:]
    if header & _OBU_HAS_SIZE:
        size, at = _leb128(obu, header_bytes)
        if size > len(obu) - at:
            raise DepacketizeError("AV1: an OBU is longer than its element")
        content = obu[at : at + size]
    extension = obu[1:header_bytes]
    return bytes((header | _OBU_HAS_SIZE,)) + extension + _leb128_bytes(len(content)) + content


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(data[at : at + _LEB128_MAX_BYTES]):
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, at + index + 1
    raise DepacketizeError("AV1: a number does not end")


def _leb128_bytes(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*encoded, value))


def _h264(payloads: Sequence[bytes]) -> bytes:
    units: list[bytes] = []
    fragments: list[bytes] | None = None
    for payload in payloads:
        if not payload:
            raise DepacketizeError("H.264: an empty packet")
        nal_type = payload[0] & _NAL_TYPE_MASK
        if nal_type == _NAL_FU_A:
            fragments = _h264_fragment(payload, fragments)
            if payload[1] & _FU_END:
                units.append(b"".join(fragments))
                fragments = None
        elif fragments is not None:
            raise DepacketizeError("H.264: a fragmented unit is not finished")
        elif nal_type == _NAL_STAP_A:
            units += _h264_aggregate(payload)
        elif nal_type in _NAL_SINGLE:
            units.append(payload)
        else:
            raise DepacketizeError("H.264: a packet type of another packetization mode")
    if fragments is not None:
        raise DepacketizeError("H.264: a fragmented unit is not finished")
    return b"".join(_START_CODE + unit for unit in units)


def _h264_fragment(payload: bytes, fragments: list[bytes] | None) -> list[bytes]:
    """RFC 6184 section 5.8: the fragments of one unit up to and including this one."""
    if len(payload) < 3:
        raise DepacketizeError("H.264: a fragment without content")
    starts = bool(payload[1] & _FU_START)
    if starts != (fragments is None):
        raise DepacketizeError("H.264: a fragment without its other half")
    if fragments is None:
        fragments = [bytes((payload[0] & ~_NAL_TYPE_MASK & 0xFF | payload[1] & _NAL_TYPE_MASK,))]
    return [*fragments, payload[2:]]


def _h264_aggregate(payload: bytes) -> list[bytes]:
    units: list[bytes] = []
    at = 1
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 2])
        at += 2
        if not 0 < size <= len(payload) - at:
            raise DepacketizeError("H.264: an aggregated unit reaches beyond its packet")
        units.append(payload[at : at + size])
        at += size
    if not units:
        raise DepacketizeError("H.264: an aggregate of nothing")
    return units


_READERS: dict[Codec, Callable[[Sequence[bytes]], bytes]] = {
    Codec.VP8: _vp8,
    Codec.VP9: _vp9,
    Codec.AV1: _av1,
    Codec.H264: _h264,
}
