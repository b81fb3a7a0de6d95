"""What the relay must know of a codec: its name, and whether a packet starts a keyframe.

Owns: the codecs we forward and the few payload bits we read. Must never decode, and must never raise on any
payload: an unreadable payload is not a keyframe. VP8: RFC 7741; VP9: RFC 9628; H.264: RFC 6184; AV1: "RTP Payload
Format For AV1" of the Alliance for Open Media (v1.0).
"""

from __future__ import annotations

from enum import StrEnum

from media.core.rtp.header import MARKER


class Codec(StrEnum):
    """A codec by its media type (RFC 4855; case does not matter in media types)."""

    OPUS = "audio/opus"
    RED = "audio/red"
    VP8 = "video/VP8"
    VP9 = "video/VP9"
    AV1 = "video/AV1"
    H264 = "video/H264"
    RTX = "video/rtx"


# Looked up once, because access to a member of an Enum class costs more than the comparison.
_VP8, _VP9, _AV1, _H264 = Codec.VP8, Codec.VP9, Codec.AV1, Codec.H264

# RFC 6184 table 1 and section 5.4.
_NAL_IDR, _NAL_SPS, _NAL_STAP_A, _NAL_FU_A = 5, 7, 24, 28
_NAL_TYPE_MASK = 0x1F
# AV1 specification section 6.2.2.
_OBU_SEQUENCE_HEADER = 1
# AV1 specification section 4.10.5: a leb128 number has at most eight bytes.
_LEB128_MAX_BYTES = 8


def ends_frame(second_byte: int) -> bool:
    """Whether this video packet ends its frame. Every payload format uses the marker bit."""
    return bool(second_byte & MARKER)


def is_keyframe(codec: Codec, data: bytes, start: int, end: int) -> bool:
    """Whether the payload ``data[start:end]`` starts a keyframe; False for audio and RTX."""
    end = min(end, len(data))
    if not 0 <= start < end:
        return False
    if codec is _VP8:
        return _is_vp8_keyframe(data, start, end)
    if codec is _VP9:
        return _is_vp9_keyframe(data, start, end)
    if codec is _AV1:
        return _is_av1_keyframe(data, start, end)
    if codec is _H264:
        return _is_h264_keyframe(data, start, end)
    return False


def _is_vp8_keyframe(data: bytes, at: int, end: int) -> bool:
    """RFC 7741 sections 4.2 and 4.3: the first packet of the first partition, with P = 0 in its header."""
    first = data[at]
    # S = 1 and PID = 0: the payload header follows the descriptor.
    if first & 0x1F & ~0x08 != 0x10:
        return False
    at += 1
    if first & 0x80:
        if at >= end:
            return False
        extension = data[at]
        at += 1
        if extension & 0x80:
            # PictureID, two bytes long if its first bit is set.
            at += 2 if at < end and data[at] & 0x80 else 1
        if extension & 0x40:
            at += 1
        if extension & 0x30:
            at += 1
    return at < end and not data[at] & 0x01


def _is_vp9_keyframe(data: bytes, at: int, end: int) -> bool:
    """RFC 9628 section 4.2: P = 0, B = 1, and the lowest spatial layer."""
    first = data[at]
    if first & 0x40 or not first & 0x08:
        return False
    at += 1
    if first & 0x80:
        if at >= end:
            return False
        at += 2 if data[at] & 0x80 else 1
    if first & 0x20:
        # Layer indices: TID, U, SID (three bits), D.
        return at < end and not data[at] & 0x0E
    return at <= end


def _is_av1_keyframe(data: bytes, at: int, end: int) -> bool:
    """Section 4.4: the aggregation header says "new coded video sequence", or a sequence header follows."""
    aggregation = data[at]
    at += 1
    if aggregation & 0x80 or at >= end:
        # Z: the packet begins in the middle of an OBU. A sequence header comes first, so it is not in here.
        return False
    if aggregation & 0x08:
        return True
    count = aggregation >> 4 & 0x03
    element = 0
    while at < end:
        element += 1
        length = end - at
        # The last of W elements has no length; with W = 0 every element has one.
        if element != count:
            length, at = _leb128(data, at, end)
        if not 0 < length <= end - at:
            return False
        if data[at] >> 3 & 0x0F == _OBU_SEQUENCE_HEADER:
            return True
        at += length
    return False


def _leb128(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A leb128 number and where it ends; (-1, end) when it does not end in time."""
    value = 0
    for index in range(min(_LEB128_MAX_BYTES, end - at)):
        byte = data[at + index]
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, at + index + 1
    return -1, end


def _is_h264_keyframe(data: bytes, at: int, end: int) -> bool:
    """RFC 6184: an IDR slice or an SPS, alone (section 5.6), aggregated (5.7.1) or in a first fragment (5.8)."""
    nal_type = data[at] & _NAL_TYPE_MASK
    if nal_type == _NAL_STAP_A:
        at += 1
        while at + 2 < end:
            size = data[at] << 8 | data[at + 1]
            at += 2
            if data[at] & _NAL_TYPE_MASK in (_NAL_IDR, _NAL_SPS) and 0 < size <= end - at:
                return True
            at += size
        return False
    if nal_type == _NAL_FU_A:
        return (
            at + 1 < end
            and bool(data[at + 1] & 0x80)
            and data[at + 1] & _NAL_TYPE_MASK in (_NAL_IDR, _NAL_SPS)
        )
    return nal_type in (_NAL_IDR, _NAL_SPS)
