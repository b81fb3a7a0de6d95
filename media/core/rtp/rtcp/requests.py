"""The requests of a receiver: for lost packets (NACK) and for a keyframe (PLI, FIR).

Generic NACK and PLI: RFC 4585 sections 6.2.1 and 6.3.1. FIR: RFC 5104 section 4.3.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from media.core.rtp.rtcp.packet import PT_PAYLOAD_FEEDBACK, PT_TRANSPORT_FEEDBACK, RtcpError, feedback

FMT_NACK = 1
FMT_PLI = 1
FMT_FIR = 4
# A receiver of ours asks for at most 200 numbers at once (nack.py); five times that is ample.
MAX_NACK_NUMBERS = 1024
_NACK_ITEM = Struct("!HH")
_FIR_ITEM = Struct("!LB3x")


@dataclass(frozen=True, slots=True)
class Nack:
    """Generic NACK: the 16-bit sequence numbers of ``media_ssrc`` that are missing, oldest first."""

    sender_ssrc: int
    media_ssrc: int
    lost: list[int]

    def encode(self) -> bytes:
        """Bytes of one NACK; numbers at most 16 apart share an item (PID + BLP)."""
        items: list[tuple[int, int]] = []
        for number in self.lost:
            distance = (number - items[-1][0]) & 0xFFFF if items else 0
            if items and 1 <= distance <= 16:
                items[-1] = (items[-1][0], items[-1][1] | 1 << (distance - 1))
            else:
                items.append((number, 0))
        body = b"".join(_NACK_ITEM.pack(*item) for item in items)
        return feedback(FMT_NACK, PT_TRANSPORT_FEEDBACK, self.sender_ssrc, self.media_ssrc, body)


@dataclass(frozen=True, slots=True)
class Pli:
    """Picture loss indication: asks for a keyframe."""

    sender_ssrc: int
    media_ssrc: int

    def encode(self) -> bytes:
        """Bytes of one PLI."""
        return feedback(FMT_PLI, PT_PAYLOAD_FEEDBACK, self.sender_ssrc, self.media_ssrc, b"")


@dataclass(frozen=True, slots=True)
class Fir:
    """Full intra request: (SSRC, 8-bit command number) of each source that is asked for a keyframe."""

    sender_ssrc: int
    entries: list[tuple[int, int]]

    def encode(self) -> bytes:
        """Bytes of one FIR; its media SSRC is 0 (RFC 5104 section 4.3.1.2)."""
        body = b"".join(_FIR_ITEM.pack(ssrc, number & 0xFF) for ssrc, number in self.entries)
        return feedback(FMT_FIR, PT_PAYLOAD_FEEDBACK, self.sender_ssrc, 0, body)


def parse_nack(sender_ssrc: int, media_ssrc: int, fci: bytes) -> Nack:
    """A NACK from its items. Raises `RtcpError`."""
    if len(fci) % _NACK_ITEM.size:
        raise RtcpError("truncated NACK")
    lost: list[int] = []
    for number, mask in _NACK_ITEM.iter_unpack(fci):
        lost.append(number)
        lost.extend((number + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
        if len(lost) > MAX_NACK_NUMBERS:
            raise RtcpError("NACK asks for too many packets")
    return Nack(sender_ssrc, media_ssrc, lost)


def parse_fir(sender_ssrc: int, fci: bytes) -> Fir:
    """A FIR from its entries. Raises `RtcpError`."""
    if len(fci) % _FIR_ITEM.size:
        raise RtcpError("truncated FIR")
    return Fir(sender_ssrc, [(ssrc, number) for ssrc, number in _FIR_ITEM.iter_unpack(fci)])
