"""The RTP streams of a synthetic leg: its own streams, and those that it receives in its slots.

Owns: sequence numbers, the answer to NACK, reports and their counters. Must never touch a socket. Standards:
RFC 3550, RFC 4585, RFC 4588.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from media.core import rtp
from media.core.estimate import TwccSender
from media.core.repair import NackGenerator, ReceptionStats, RemoteClock
from media.core.rtp import PacketCache, rtcp, rtx

AUDIO_CLOCK_RATE = 48_000
VIDEO_CLOCK_RATE = 90_000
# As in libwebrtc: about a second of video can be sent again.
CACHE_PACKETS = 1_024
CACHE_MAX_AGE_MS = 5_000.0
# libsrtp requires a first sequence number below 2^15.
FIRST_SEQUENCE_MAX = 0x7FFF
NTP_PER_S = 1 << 32
# IPv4, UDP and the SRTP tag: the bytes of a packet on the wire besides its RTP bytes.
WIRE_OVERHEAD_BYTES = 38


class OwnStream:
    """One stream that the leg sends."""

    def __init__(
        self,
        kind: str,
        payload_type: int,
        *,
        twcc: TwccSender | None,
        twcc_id: int,
        rng: random.Random,
        rtx_payload_type: int = 0,
    ) -> None:
        self.kind = kind
        self.clock_rate = AUDIO_CLOCK_RATE if kind == "audio" else VIDEO_CLOCK_RATE
        self.payload_type = payload_type
        self.rtx_payload_type = rtx_payload_type
        self.ssrc = rng.randrange(1, 1 << 32)
        self.rtx_ssrc = rng.randrange(1, 1 << 32) if rtx_payload_type else 0
        self.sequence_number = rng.randint(1, FIRST_SEQUENCE_MAX)
        self.timestamp = rng.randrange(1 << 32)
        self.packets = 0
        self.octets = 0
        self.resent = 0
        self.answers_nack = True
        self._twcc = twcc
        self._twcc_id = twcc_id if twcc is not None else 0
        self._rtx_sequence_number = rng.randint(1, FIRST_SEQUENCE_MAX)
        self._cache = PacketCache(CACHE_PACKETS, CACHE_MAX_AGE_MS)
        self._cached = rtx_payload_type != 0

    def packet(
        self, payload: bytes, now_s: float, *, marker: bool = False, payload_type: int | None = None
    ) -> bytes:
        """The next packet, at the stream's current ``timestamp``."""
        number = self.sequence_number
        packet = rtp.build(
            payload,
            second_byte=(rtp.MARKER if marker else 0) | (payload_type or self.payload_type),
            sequence_number=number,
            timestamp=self.timestamp,
            ssrc=self.ssrc,
            twcc_id=self._twcc_id,
            twcc_seq=self._number(len(payload), now_s),
        )
        self.sequence_number = (number + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        if self._cached:
            self._cache.put(number, packet, now_s * 1000)
        return packet

    def advance(self, seconds: float) -> None:
        """Advance the media clock."""
        self.timestamp = (self.timestamp + round(seconds * self.clock_rate)) & 0xFFFF_FFFF

    def repeats(self, lost: list[int], now_s: float) -> list[bytes]:
        """The answer to a NACK: RTX packets of those that are still in the cache."""
        packets: list[bytes] = []
        for number in lost if self.answers_nack else ():
            packet = self._cache.get(number, now_s * 1000)
            if packet is None or not self.rtx_payload_type:
                continue
            self._rtx_sequence_number = (self._rtx_sequence_number + 1) & 0xFFFF
            packets.append(
                rtx.wrap(
                    packet,
                    ssrc=self.rtx_ssrc,
                    payload_type=self.rtx_payload_type,
                    sequence_number=self._rtx_sequence_number,
                    twcc_id=self._twcc_id,
                    twcc_seq=self._number(len(packet), now_s),
                )
            )
        self.resent += len(packets)
        return packets

    def sender_report(self, now_s: float) -> rtcp.SenderReport:
        """A sender report; it uses the monotonic clock as the wall clock."""
        ntp = round(now_s * NTP_PER_S) & 0xFFFF_FFFF_FFFF_FFFF
        return rtcp.SenderReport(self.ssrc, ntp, self.timestamp, self.packets, self.octets)

    def _number(self, size_bytes: int, now_s: float) -> int:
        if self._twcc is None:
            return 0
        return self._twcc.next(int(now_s * 1e6), size_bytes + WIRE_OVERHEAD_BYTES)


# Arguments: stream, marker and payload type, sequence number, timestamp, payload, whether it came as RTX.
PacketHandler = Callable[["SlotStream", int, int, int, bytes, bool], None]


class SlotStream:
    """One stream that the leg receives."""

    def __init__(self, kind: str, slot: int, ssrc: int, rtx_ssrc: int) -> None:
        self.kind = kind
        self.slot = slot
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.stats = ReceptionStats(AUDIO_CLOCK_RATE if kind == "audio" else VIDEO_CLOCK_RATE)
        self.clock = RemoteClock()
        self.nack = NackGenerator()
        self.highest = 0
        self.restored = 0
        self.reports: list[rtcp.SenderReport] = []

    def block(self, now_ms: float) -> rtcp.ReportBlock:
        """A report block about this stream."""
        fraction, lost, highest, jitter = self.stats.report()
        last_sr, delay = self.clock.last_sr(now_ms)
        return rtcp.ReportBlock(self.ssrc, fraction, lost, highest, jitter, last_sr, delay)
