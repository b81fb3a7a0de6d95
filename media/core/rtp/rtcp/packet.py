"""What all RTCP packets share: the header, the padding, and the head of a feedback packet.

Owns: the framing of compound (RFC 3550 section 6.1) and reduced-size (RFC 5506) datagrams, and the error type. Must
never read the content of a packet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

PT_SENDER_REPORT = 200
PT_RECEIVER_REPORT = 201
PT_SOURCE_DESCRIPTION = 202
PT_BYE = 203
PT_TRANSPORT_FEEDBACK = 205  # RTPFB, RFC 4585 section 6.2
PT_PAYLOAD_FEEDBACK = 206  # PSFB, RFC 4585 section 6.3

MAX_COUNT = 31  # the count field has five bits

_HEADER = Struct("!BBH")
WORD = Struct("!L")
PAIR = Struct("!LL")


class RtcpError(ValueError):
    """These bytes are not RTCP, or these values do not fit into RTCP."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A well-formed packet of a type or format that we do not use."""

    payload_type: int


def split(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(count or format, payload type, body without header and padding) of each packet."""
    if not data:
        raise RtcpError("empty datagram")
    offset = 0
    while offset < len(data):
        if len(data) - offset < _HEADER.size:
            raise RtcpError("truncated RTCP header")
        first, payload_type, words = _HEADER.unpack_from(data, offset)
        end = offset + 4 + words * 4
        if first >> 6 != 2:
            raise RtcpError("RTCP version is not 2")
        if end > len(data):
            raise RtcpError("RTCP length beyond the datagram")
        body = data[offset + 4 : end]
        if first & 0x20:
            body = _strip_padding(body)
        yield first & 0x1F, payload_type, body
        offset = end


def _strip_padding(body: bytes) -> bytes:
    # RFC 3550 allows padding only on the last packet of a compound, but libwebrtc pads every transport feedback.
    if not body or not 0 < body[-1] <= len(body):
        raise RtcpError("impossible RTCP padding")
    return body[: len(body) - body[-1]]


def packet(count: int, payload_type: int, body: bytes) -> bytes:
    """One packet: header, ``body`` and padding to whole words. Raises `RtcpError` if a value does not fit."""
    if count > MAX_COUNT:
        raise RtcpError("more than 31 entries in one RTCP packet")
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes((padding,))
    if len(body) // 4 > 0xFFFF:
        raise RtcpError("RTCP packet too long")
    return _HEADER.pack(0xA0 | count if padding else 0x80 | count, payload_type, len(body) // 4) + body


def feedback(fmt: int, payload_type: int, sender_ssrc: int, media_ssrc: int, fci: bytes) -> bytes:
    """One feedback packet (RFC 4585 section 6.1) around its control information."""
    return packet(fmt, payload_type, PAIR.pack(sender_ssrc, media_ssrc) + fci)


def need(body: bytes, size: int, what: str) -> None:
    """Raise `RtcpError` if ``body`` has fewer than ``size`` bytes."""
    if len(body) < size:
        raise RtcpError(f"truncated {what}")
