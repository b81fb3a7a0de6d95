"""Sender and receiver reports (RFC 3550 section 6.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import Struct

from media.core.rtp.rtcp.packet import PT_RECEIVER_REPORT, PT_SENDER_REPORT, WORD, need, packet

_SENDER_INFO = Struct("!LQLLL")
_REPORT_BLOCK = Struct("!LLLLLL")


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver reports about one SSRC (RFC 3550 section 6.4.1).

    ``fraction_lost`` is in 1/256, ``jitter`` in units of the RTP clock, ``delay_since_last_sr`` in 1/65536 s,
    ``last_sr`` is the middle 32 bits of the NTP time of the newest SR, 0 for none.
    """

    ssrc: int
    fraction_lost: int = 0
    cumulative_lost: int = 0
    highest_sequence: int = 0
    jitter: int = 0
    last_sr: int = 0
    delay_since_last_sr: int = 0

    def encode(self) -> bytes:
        """The 24 bytes of the block. The cumulative loss is limited to the signed 24 bits of its field."""
        lost = max(-0x800000, min(0x7FFFFF, self.cumulative_lost)) & 0xFFFFFF
        return _REPORT_BLOCK.pack(
            self.ssrc,
            (self.fraction_lost & 0xFF) << 24 | lost,
            self.highest_sequence & 0xFFFFFFFF,
            self.jitter & 0xFFFFFFFF,
            self.last_sr,
            self.delay_since_last_sr & 0xFFFFFFFF,
        )


@dataclass(frozen=True, slots=True)
class SenderReport:
    """SR: ``ntp`` is the 64-bit NTP time at which the media clock was ``rtp_timestamp``."""

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    blocks: list[ReportBlock] = field(default_factory=list)

    def encode(self) -> bytes:
        """Bytes of one SR. Raises `RtcpError` for more than 31 blocks."""
        info = _SENDER_INFO.pack(
            self.ssrc,
            self.ntp,
            self.rtp_timestamp,
            self.packet_count & 0xFFFFFFFF,
            self.octet_count & 0xFFFFFFFF,
        )
        return packet(len(self.blocks), PT_SENDER_REPORT, info + _encode_blocks(self.blocks))


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """RR: the report of a participant that sends no media."""

    ssrc: int
    blocks: list[ReportBlock] = field(default_factory=list)

    def encode(self) -> bytes:
        """Bytes of one RR. Raises `RtcpError` for more than 31 blocks."""
        return packet(
            len(self.blocks), PT_RECEIVER_REPORT, WORD.pack(self.ssrc) + _encode_blocks(self.blocks)
        )


def _encode_blocks(blocks: Sequence[ReportBlock]) -> bytes:
    return b"".join(block.encode() for block in blocks)


def _parse_blocks(count: int, body: bytes, offset: int) -> list[ReportBlock]:
    need(body, offset + count * _REPORT_BLOCK.size, "report block")
    blocks = []
    for ssrc, loss, highest, jitter, last_sr, delay in _REPORT_BLOCK.iter_unpack(
        body[offset : offset + count * _REPORT_BLOCK.size]
    ):
        lost = loss & 0xFFFFFF
        signed_lost = lost - 0x1000000 if lost & 0x800000 else lost
        blocks.append(ReportBlock(ssrc, loss >> 24, signed_lost, highest, jitter, last_sr, delay))
    return blocks


def parse_sender_report(count: int, body: bytes) -> list[SenderReport]:
    """The one SR of a packet. Raises `RtcpError`."""
    need(body, _SENDER_INFO.size, "sender report")
    ssrc, ntp, timestamp, packets, octets = _SENDER_INFO.unpack_from(body)
    blocks = _parse_blocks(count, body, _SENDER_INFO.size)
    return [SenderReport(ssrc, ntp, timestamp, packets, octets, blocks)]


def parse_receiver_report(count: int, body: bytes) -> list[ReceiverReport]:
    """The one RR of a packet. Raises `RtcpError`."""
    need(body, 4, "receiver report")
    return [ReceiverReport(WORD.unpack_from(body)[0], _parse_blocks(count, body, 4))]
