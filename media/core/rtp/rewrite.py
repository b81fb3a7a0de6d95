"""One outgoing RTP stream with continuous numbers, from sources that change.

Owns: the mapping of sequence numbers and timestamps of incoming streams onto one outgoing SSRC. There is no reverse
mapping: cache.py keeps sent packets by outgoing number, for NACKs. Must never hide a loss (a gap in the source
stays a gap, so that the receiver can request the packet) and never give two packets one number. RFC 3550 section
5.1. libsrtp needs the first number below 2^15; otherwise a receiver that misses the first packets guesses a wrong
roll-over counter (RFC 3711 section 3.3.1).

A `_Segment` is a part of one source without a break. Within a segment an offset is added to each number; the offset
shrinks by one with each packet that the caller skips on purpose. Sequence numbers are unwrapped; timestamps are
compared modulo 2^32 (`ts_delta`). Outgoing values are taken modulo 2^16 and 2^32.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

from media.core.rtp.header import RestartDetector, seq_delta, ts_delta

# A late packet is mapped if it is at most this far behind the newest. 1,024 packets are ten seconds of video at 100
# packets a second: later retransmissions are useless. aiortc's SRTP replay window is as large.
WINDOW_PACKETS = 1_024
# RFC 3550 appendix A.1: a larger jump is a restarted source, not loss.
MAX_DROPOUT_PACKETS = 3_000
# A source keeps its time line after a pause if its timestamp has advanced by the elapsed time, give or take this
# much. The queue of a thin link delays packets by seconds; a restarted encoder picks a random timestamp.
RESUME_TOLERANCE_MS = 10_000
# A packet whose timestamp is at most this old is a late packet of the same stream, however old its number is.
# Timestamps wrap after 13 hours (90 kHz) or a day (48 kHz), so the random timestamp of a restarted encoder is
# rarely in this range.
STRAGGLER_MS = 30_000
# libsrtp's bound on the first sequence number of a stream.
FIRST_SEQUENCE_LIMIT = 0x8000


class _Segment:
    """A part of one source without a break: incoming numbers from `first_in` on, and its skips in order."""

    __slots__ = ("first_in", "highest_in", "last_in", "last_out", "offset", "skips", "source")

    def __init__(self, source: int, first_in: int, first_out: int) -> None:
        self.source = source
        self.first_in = first_in
        self.offset = first_out - first_in
        # The highest number that arrived, and the highest that was mapped; they differ after a skip.
        self.highest_in = first_in
        self.last_in = first_in
        self.last_out = first_out
        self.skips: list[int] = []

    def map_late(self, number: int) -> int | None:
        if number < self.first_in or number <= self.highest_in - WINDOW_PACKETS:
            return None
        at = bisect_left(self.skips, number)
        if at < len(self.skips) and self.skips[at] == number:
            return None
        return number + self.offset + len(self.skips) - at

    def skip(self, number: int) -> None:
        """Close the gap at `number`; does nothing if a later packet has already been sent."""
        if number <= self.last_in:
            return
        at = bisect_left(self.skips, number)
        if at < len(self.skips) and self.skips[at] == number:
            return
        insort(self.skips, number)
        self.offset -= 1
        self.highest_in = max(self.highest_in, number)
        if len(self.skips) > 2 * WINDOW_PACKETS:
            # Delete many at once, so that the cost per packet stays constant on average.
            del self.skips[: bisect_right(self.skips, self.highest_in - WINDOW_PACKETS)]


class StreamRewriter:
    """The numbers of one outgoing SSRC. The caller chooses the source; packets of a new `source` switch to it."""

    __slots__ = (
        "_clock_per_ms",
        "_last_now_ms",
        "_last_timestamp",
        "_restart",
        "_segment",
        "_start",
        "_suspended",
        "_timestamp_offset",
    )

    def __init__(self, *, clock_rate: int, first_sequence_number: int, first_timestamp: int) -> None:
        """`clock_rate` is in Hz. Raises ValueError for a first sequence number of 32768 or more."""
        if not 0 <= first_sequence_number < FIRST_SEQUENCE_LIMIT:
            raise ValueError("the first sequence number must be below 32768 (libsrtp roll-over)")
        self._clock_per_ms = clock_rate / 1_000
        self._start = first_sequence_number
        self._last_timestamp = first_timestamp
        self._timestamp_offset = 0
        self._last_now_ms = 0.0
        self._segment: _Segment | None = None
        self._suspended = False
        self._restart = RestartDetector()

    @property
    def source(self) -> int | None:
        """SSRC of the source that was mapped last; None before the first packet."""
        return self._segment.source if self._segment is not None else None

    @property
    def last_timestamp(self) -> int:
        """Timestamp of the packet with the highest number; before the first packet, the initial timestamp."""
        return self._last_timestamp & 0xFFFF_FFFF

    def map(self, source: int, sequence_number: int, timestamp: int, now_ms: float) -> tuple[int, int] | None:
        """The outgoing (sequence number, timestamp) of a packet; None if it must not be sent.

        A late packet gets the number that it would have had in time. None: it is from before the pause, it was
        skipped, it is older than the window or `STRAGGLER_MS`, or its number is out of range (`RestartDetector`).
        The caller must not pass packets of an earlier source: each would switch back to it.
        """
        segment = self._segment
        if segment is None or self._suspended or segment.source != source:
            return self._start_or_resume(segment, source, sequence_number, timestamp, now_ms)
        delta = ((sequence_number - segment.highest_in + 0x8000) & 0xFFFF) - 0x8000
        if 0 < delta < MAX_DROPOUT_PACKETS:
            number = segment.highest_in + delta
            out = number + segment.offset
            outgoing_timestamp = timestamp + self._timestamp_offset
            segment.highest_in = segment.last_in = number
            segment.last_out = out
            self._last_timestamp = outgoing_timestamp
            self._last_now_ms = now_ms
            return out & 0xFFFF, outgoing_timestamp & 0xFFFF_FFFF
        if -WINDOW_PACKETS < delta <= 0:
            return self._map_late(segment, segment.highest_in + delta, timestamp, now_ms)
        age_ms = -ts_delta(timestamp + self._timestamp_offset, self._last_timestamp) / self._clock_per_ms
        if delta < 0 and 0 <= age_ms < STRAGGLER_MS:
            return None
        if self._restart.confirms(sequence_number):
            return self._begin(source, sequence_number, timestamp, now_ms)
        return None

    def skip(self, source: int, sequence_number: int) -> None:
        """Leave out a packet on purpose (padding-only probe, dropped layer): later packets take its number."""
        segment = self._segment
        if segment is None or self._suspended or segment.source != source:
            return
        delta = seq_delta(sequence_number, segment.highest_in)
        if -WINDOW_PACKETS < delta < MAX_DROPOUT_PACKETS:
            segment.skip(segment.highest_in + delta)

    def suspend(self) -> None:
        """Forwarding pauses; the next `map` continues without a gap."""
        self._suspended = True

    def map_timestamp(self, timestamp: int) -> int:
        """A timestamp of the current source on the outgoing time line (for sender reports)."""
        return (timestamp + self._timestamp_offset) & 0xFFFF_FFFF

    def _map_late(
        self, segment: _Segment, number: int, timestamp: int, now_ms: float
    ) -> tuple[int, int] | None:
        out = segment.map_late(number)
        if out is None:
            return None
        outgoing_timestamp = timestamp + self._timestamp_offset
        if number > segment.last_in:
            # Only a skipped packet overtook this one, so it is the newest packet that is sent.
            segment.last_in = number
            segment.last_out = out
            self._last_timestamp = outgoing_timestamp
            self._last_now_ms = now_ms
        return out & 0xFFFF, outgoing_timestamp & 0xFFFF_FFFF

    def _start_or_resume(
        self, segment: _Segment | None, source: int, sequence_number: int, timestamp: int, now_ms: float
    ) -> tuple[int, int] | None:
        if segment is not None and segment.source == source:
            # Forwarding resumes. A late packet from before the pause has an older number and timestamp.
            numbers_ahead = seq_delta(sequence_number, segment.highest_in)
            time_ahead = ts_delta(timestamp + self._timestamp_offset, self._last_timestamp)
            if -WINDOW_PACKETS < numbers_ahead <= 0 and time_ahead <= 0:
                return None
        return self._begin(source, sequence_number, timestamp, now_ms)

    def _begin(self, source: int, sequence_number: int, timestamp: int, now_ms: float) -> tuple[int, int]:
        """Start a segment: numbers continue at highest + 1, the timestamp advances by the elapsed time."""
        old = self._segment
        first_out = self._start
        outgoing_timestamp = self._last_timestamp
        if old is not None:
            first_out = old.last_out + 1
            outgoing_timestamp = self._resume_timestamp(old.source == source, timestamp, now_ms)
        self._segment = _Segment(source, sequence_number, first_out)
        self._timestamp_offset = outgoing_timestamp - timestamp
        self._last_timestamp = outgoing_timestamp
        self._last_now_ms = now_ms
        self._suspended = False
        return first_out & 0xFFFF, outgoing_timestamp & 0xFFFF_FFFF

    def _resume_timestamp(self, same_source: bool, timestamp: int, now_ms: float) -> int:
        """The next outgoing timestamp. A source that paused keeps its own time line, which keeps lip sync."""
        # At least one tick: two frames with one timestamp would be decoded as one.
        elapsed = max(1, round((now_ms - self._last_now_ms) * self._clock_per_ms))
        if same_source:
            advance = ts_delta(timestamp + self._timestamp_offset, self._last_timestamp)
            tolerance = RESUME_TOLERANCE_MS * self._clock_per_ms
            if advance > 0 and abs(advance - elapsed) <= tolerance:
                elapsed = advance
        return self._last_timestamp + elapsed
