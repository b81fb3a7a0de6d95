"""State of sender and receiver reports: lip sync across the relay, round-trip time, and the reporting interval.

Owns: the content of the SRs of forwarded streams, the SRs that must be remembered to write and read report blocks
(RFC 3550 section 6.4), and the reporting interval (RFC 3550 section 6.2, RFC 4585 section 3.4). Must never count
packets: reception.py and the forwarder do. Times are ms on the caller's monotonic clock.
"""

from __future__ import annotations

from collections.abc import Callable

from media.core.rtp.rtcp import ReportBlock, SenderReport

# The upper 32 bits of an NTP time are whole seconds.
_NTP_PER_MS = (1 << 32) / 1000
# Delays in report blocks are in 1/65536 s.
_DELAY_PER_MS = 65536 / 1000
# SRs are sent at most once a second, and a block answers one of the last few: 32 outlast any round trip.
REMEMBERED_REPORTS = 32
# A longer round trip comes from a block about an SR of an earlier leg.
MAX_RTT_MS = 60_000.0

RTCP_SHARE = 0.05  # RFC 3550 section 6.2
# Reports need not be more frequent: round-trip time and loss change slowly, and transport-wide feedback reports the
# values that change fast.
MIN_INTERVAL_MS = 1_000.0
# Reports must not be less frequent: the interval of RFC 3550 section 6.2 is 5 s, and peers count a participant as
# gone after five intervals of silence.
MAX_INTERVAL_MS = 5_000.0


def middle_32(ntp: int) -> int:
    """The middle 32 bits of a 64-bit NTP time, which report blocks carry."""
    return ntp >> 16 & 0xFFFFFFFF


class SenderReports:
    """The SRs of one outgoing SSRC.

    They carry the wall clock of the original sender. The sender's audio and video share that clock, so they stay
    synchronous at the receiver, although the relay renumbers each stream separately.
    """

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self._ssrc = ssrc
        self._clock_rate = clock_rate
        self._source: SenderReport | None = None
        self._received_ms = 0.0
        self._sent_ms: dict[int, float] = {}  # middle 32 bits of the NTP time -> when the SR was sent

    def on_source_report(self, report: SenderReport, received_ms: float) -> None:
        """The source's newest SR arrived."""
        self._source = report
        self._received_ms = received_ms

    def reset_source(self) -> None:
        """The stream has a new source, whose clock is unknown until its first SR."""
        self._source = None

    def build(
        self, now_ms: float, map_timestamp: Callable[[int], int], packets: int, octets: int
    ) -> SenderReport | None:
        """The SR to send now, extrapolated from the source's last SR; None before the source's first SR.

        ``map_timestamp`` converts a timestamp of the source to the outgoing stream.
        """
        if self._source is None:
            return None
        elapsed_ms = max(0.0, now_ms - self._received_ms)
        ntp = (self._source.ntp + round(elapsed_ms * _NTP_PER_MS)) & 0xFFFFFFFFFFFFFFFF
        source_timestamp = self._source.rtp_timestamp + round(elapsed_ms * self._clock_rate / 1000)
        self._sent_ms[middle_32(ntp)] = now_ms
        if len(self._sent_ms) > REMEMBERED_REPORTS:
            del self._sent_ms[next(iter(self._sent_ms))]
        timestamp = map_timestamp(source_timestamp & 0xFFFFFFFF) & 0xFFFFFFFF
        return SenderReport(self._ssrc, ntp, timestamp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)

    def on_block(self, block: ReportBlock, now_ms: float) -> float | None:
        """The round-trip time in ms, from a block about this stream; None if the block answers no SR of ours."""
        sent_ms = self._sent_ms.get(block.last_sr)
        if block.last_sr == 0 or sent_ms is None:
            return None
        rtt_ms = now_ms - sent_ms - block.delay_since_last_sr / _DELAY_PER_MS
        if rtt_ms > MAX_RTT_MS:
            return None
        # The peer's clock ticks in 1/65536 s, so on a very short path the difference may be negative.
        return max(0.0, rtt_ms)


class RemoteClock:
    """The newest SR of one incoming SSRC, for the report blocks that we send about it."""

    def __init__(self) -> None:
        self._last_sr = 0
        self._received_ms = 0.0

    def on_sender_report(self, report: SenderReport, received_ms: float) -> None:
        """An SR of this SSRC arrived."""
        self._last_sr = middle_32(report.ntp)
        self._received_ms = received_ms

    def last_sr(self, now_ms: float) -> tuple[int, int]:
        """``last_sr`` and ``delay_since_last_sr`` (1/65536 s) for a block; zeros before the first SR."""
        if self._last_sr == 0:
            return 0, 0
        delay = round(max(0.0, now_ms - self._received_ms) * _DELAY_PER_MS)
        return self._last_sr, min(delay, 0xFFFFFFFF)


def next_report_ms(now_ms: float, stream_bps: float, report_bytes: int, spread: float) -> float:
    """When the next regular report is due.

    ``stream_bps``: the rate of both directions together; ``report_bytes``: the size of one report on the wire;
    ``spread``: a random number in [0, 1), which keeps many legs from reporting at the same time (RFC 3550 section
    6.3.1: half to one and a half of the interval). Reports take at most 5 % of the stream and are 1 to 5 s apart.
    """
    interval_ms = report_bytes * 8 * 1000 / (RTCP_SHARE * stream_bps) if stream_bps > 0 else MAX_INTERVAL_MS
    return now_ms + max(MIN_INTERVAL_MS, min(MAX_INTERVAL_MS, interval_ms * (0.5 + spread)))
