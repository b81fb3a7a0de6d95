"""REMB: the receiver's estimate of the rate that it can receive (draft-alvestrand-rmcat-remb-03)."""

from __future__ import annotations

from dataclasses import dataclass

from media.core.rtp.rtcp.packet import PT_PAYLOAD_FEEDBACK, WORD, RtcpError, feedback, need

# REMB can express 2^81 bit/s; a rate of more than 63 bits is an error.
MAX_REMB_BPS = 2**63 - 1
FMT_APPLICATION = 15


@dataclass(frozen=True, slots=True)
class Remb:
    """Receiver estimated maximum bitrate of all ``ssrcs`` together, in bit/s."""

    sender_ssrc: int
    bitrate_bps: int
    ssrcs: list[int]

    def encode(self) -> bytes:
        """Bytes of one REMB; the rate is rounded down to its 18-bit mantissa."""
        if not 0 <= self.bitrate_bps <= MAX_REMB_BPS or len(self.ssrcs) > 255:
            raise RtcpError("REMB out of range")
        exponent = max(0, self.bitrate_bps.bit_length() - 18)
        word = len(self.ssrcs) << 24 | exponent << 18 | self.bitrate_bps >> exponent
        body = b"REMB" + WORD.pack(word) + b"".join(map(WORD.pack, self.ssrcs))
        return feedback(FMT_APPLICATION, PT_PAYLOAD_FEEDBACK, self.sender_ssrc, 0, body)


def parse_remb(sender_ssrc: int, fci: bytes) -> Remb:
    """A REMB from its control information, "REMB" included. Raises `RtcpError`."""
    need(fci, 8, "REMB")
    (word,) = WORD.unpack_from(fci, 4)
    count = word >> 24
    bitrate_bps = (word & 0x3FFFF) << (word >> 18 & 0x3F)
    need(fci, 8 + count * 4, "REMB")
    if bitrate_bps > MAX_REMB_BPS:
        raise RtcpError("REMB out of range")
    return Remb(sender_ssrc, bitrate_bps, [ssrc for (ssrc,) in WORD.iter_unpack(fci[8 : 8 + count * 4])])
