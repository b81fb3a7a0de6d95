"""Statistics of one incoming SSRC: counts, loss, jitter and rate, for receiver reports and for steering.

Owns: RFC 3550 appendices A.1 (sequence validity), A.3 (loss) and A.8 (jitter). Must never read a clock: the time of
arrival is an argument, in milliseconds on the caller's monotonic clock.
"""

from __future__ import annotations

from typing import NamedTuple

from media.core.rtp import RestartDetector, ts_delta

# RFC 3550 appendix A.1.
MAX_DROPOUT_PACKETS = 3_000
MAX_MISORDER_PACKETS = 100
# Appendix A.8: the noise reduction of the jitter estimate.
JITTER_GAIN = 1 / 16
# Even in silence, Opus sends a packet every 400 ms (RFC 7587 section 3.1.3); pictures send several a second.
PAUSE_MS = 2_000.0
# RFC 3550 section 6.4.1: the field has 24 signed bits.
MAX_CUMULATIVE_LOST = 0x7F_FFFF
MIN_CUMULATIVE_LOST = -0x80_0000

# The rate is measured over twenty slices of 50 ms: smooth at eight packets a second (120 ms of voice in each), and
# quick enough for steering.
RATE_SLICE_MS = 50.0
RATE_SLICES = 20
# A rate over less than half the window would jump with the first packet.
RATE_MIN_SPAN_MS = RATE_SLICE_MS * RATE_SLICES / 2


class Reception(NamedTuple):
    """The measured fields of a report block (RFC 3550 section 6.4.1).

    `fraction_lost` in 1/256 since the last report, `cumulative_lost` signed 24 bits, `highest_sequence`
    extended to 32 bits, `jitter` in clock ticks.
    """

    fraction_lost: int
    cumulative_lost: int
    highest_sequence: int
    jitter: int


class ReceptionStats:
    """The statistics of one incoming SSRC. `packets` and `bytes` count all arrivals, duplicates included."""

    __slots__ = (
        "_asked",
        "_base",
        "_clock_per_ms",
        "_expected_prior",
        "_first_ms",
        "_highest",
        "_jitter",
        "_last_arrival",
        "_last_timestamp",
        "_rate_bps",
        "_received",
        "_received_prior",
        "_restart",
        "_slice",
        "_slices",
        "bytes",
        "lost_before_pause",
        "packets",
    )

    def __init__(self, clock_rate: int) -> None:
        """`clock_rate`: ticks of the RTP timestamp a second (Hz)."""
        self._clock_per_ms = clock_rate / 1_000
        self._restart = RestartDetector()
        self.packets = 0
        self.bytes = 0
        self._highest = -1
        self._base = 0
        self._jitter = 0.0
        self._last_arrival = 0.0
        self._last_timestamp = 0
        self._received = 0
        self.lost_before_pause = 0
        """Losses that were noticed when a paused stream continued: they happened before the pause."""
        self._received_prior = 0
        self._expected_prior = 0
        self._slices = [0] * RATE_SLICES
        self._slice = 0
        self._first_ms = 0.0
        # Time and total of the last call of `rate_bps`: callers that ask at the same time get the same result.
        self._asked = (0.0, 0)
        self._rate_bps = 0.0

    def received(self, sequence_number: int, timestamp: int, arrival_ms: float, size_bytes: int) -> None:
        """Count one packet of the stream itself. A retransmission would hide the loss, so leave it out."""
        self.packets += 1
        self.bytes += size_bytes
        self._count_rate(arrival_ms, size_bytes)
        if self._highest < 0:
            self._begin(sequence_number, timestamp, arrival_ms)
            return
        arrival = arrival_ms * self._clock_per_ms
        delta = ((sequence_number - self._highest + 0x8000) & 0xFFFF) - 0x8000
        if 0 < delta < MAX_DROPOUT_PACKETS:
            self._highest += delta
            if delta > 1 and arrival - self._last_arrival > PAUSE_MS * self._clock_per_ms:
                self.lost_before_pause += delta - 1
        elif not -MAX_MISORDER_PACKETS < delta <= 0:
            if self._restart.confirms(sequence_number):
                self._begin(sequence_number, timestamp, arrival_ms)
            return
        self._received += 1
        spread = arrival - self._last_arrival - ts_delta(timestamp, self._last_timestamp)
        self._jitter += (abs(spread) - self._jitter) * JITTER_GAIN
        self._last_arrival = arrival
        self._last_timestamp = timestamp

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter (RFC 3550 appendix A.8) in milliseconds."""
        return self._jitter / self._clock_per_ms

    @property
    def highest_sequence(self) -> int:
        """Extended highest sequence number; 0 before the first packet."""
        return max(self._highest, 0) & 0xFFFF_FFFF

    @property
    def cumulative_lost(self) -> int:
        """Expected minus received packets since the source started; negative if duplicates outnumber losses."""
        lost = self._expected() - self._received
        return max(MIN_CUMULATIVE_LOST, min(MAX_CUMULATIVE_LOST, lost))

    def report(self) -> Reception:
        """The fields of a report block; the next call counts `fraction_lost` from here."""
        expected = self._expected()
        expected_interval = expected - self._expected_prior
        lost_interval = expected_interval - (self._received - self._received_prior)
        self._expected_prior = expected
        self._received_prior = self._received
        fraction = 0
        if expected_interval > 0 and lost_interval > 0:
            fraction = min(255, (lost_interval << 8) // expected_interval)
        return Reception(fraction, self.cumulative_lost, self.highest_sequence, int(self._jitter))

    def rate_bps(self, now_ms: float) -> float:
        """The received rate over the last second, in bit/s of the sizes that the caller gave."""
        if not self.packets:
            return 0.0
        asked = (now_ms, self.bytes)
        if asked != self._asked:
            self._asked = asked
            self._advance(now_ms)
            full_ms = (RATE_SLICES - 1) * RATE_SLICE_MS + now_ms % RATE_SLICE_MS
            span_ms = max(RATE_MIN_SPAN_MS, min(full_ms, now_ms - self._first_ms))
            self._rate_bps = sum(self._slices) * 8_000 / span_ms
        return self._rate_bps

    def _begin(self, sequence_number: int, timestamp: int, arrival_ms: float) -> None:
        """A source starts or restarts (``init_seq`` of appendix A.1)."""
        self._highest = self._base = sequence_number
        self._received = 1
        self.lost_before_pause = 0
        self._received_prior = 0
        self._expected_prior = 0
        self._last_arrival = arrival_ms * self._clock_per_ms
        self._last_timestamp = timestamp

    def _expected(self) -> int:
        return self._highest - self._base + 1 if self._highest >= 0 else 0

    def _count_rate(self, arrival_ms: float, size_bytes: int) -> None:
        if self.packets == 1:
            self._first_ms = arrival_ms
            self._slice = int(arrival_ms // RATE_SLICE_MS)
        elif arrival_ms // RATE_SLICE_MS != self._slice:
            self._advance(arrival_ms)
        self._slices[self._slice % RATE_SLICES] += size_bytes

    def _advance(self, now_ms: float) -> None:
        """Empty the slices that have passed since the last call."""
        current = int(now_ms // RATE_SLICE_MS)
        for passed in range(max(self._slice, current - RATE_SLICES) + 1, current + 1):
            self._slices[passed % RATE_SLICES] = 0
        self._slice = max(self._slice, current)
