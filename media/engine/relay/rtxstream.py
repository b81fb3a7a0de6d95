"""The retransmission stream of one subscription (RFC 4588): retransmissions, and padding that probes the downlink.

Owns: its SSRC, its payload types and its own sequence numbers. Must never choose what is retransmitted, nor send.
"""

from __future__ import annotations

from media.core import rtp
from media.core.rtp import rtx
from media.engine.transport.offer import MediaLine


class RtxStream:
    """See the module's docstring. Every packet takes the next sequence number."""

    def __init__(self, line: MediaLine, ssrc: int, sequence_number: int) -> None:
        self.ssrc = ssrc
        self.payload_types = {
            entry.payload_type: entry.rtx_payload_type for entry in line.formats if entry.rtx_payload_type
        }
        self._sequence_number = sequence_number

    def carries(self, packet: bytes) -> bool:
        """Whether the page accepts a retransmission of this packet as RTX."""
        return bool(self.ssrc) and packet[1] & 0x7F in self.payload_types

    def wrap(self, packet: bytes, twcc_id: int, twcc_seq: int) -> bytes:
        """The retransmission of a packet that this stream `carries`."""
        return rtx.wrap(
            packet,
            ssrc=self.ssrc,
            payload_type=self.payload_types[packet[1] & 0x7F],
            sequence_number=self._next_number(),
            twcc_id=twcc_id,
            twcc_seq=twcc_seq,
        )

    def padding(self, padding_bytes: int, timestamp: int, twcc_id: int, twcc_seq: int) -> bytes:
        """A packet of padding only, which pages ignore but report on."""
        return rtp.build(
            b"",
            second_byte=next(iter(self.payload_types.values())),
            sequence_number=self._next_number(),
            timestamp=timestamp,
            ssrc=self.ssrc,
            twcc_id=twcc_id,
            twcc_seq=twcc_seq,
            padding=padding_bytes,
        )

    def _next_number(self) -> int:
        self._sequence_number = (self._sequence_number + 1) & 0xFFFF
        return self._sequence_number
