"""How long a publisher's voice queues on the uplink, read from RTP timestamps alone.

Owns: the comparison of a stream's media clock with the arrival of its packets (RFC 3550 section 6.4.1 does
the same for jitter). Must only see streams whose timestamps say when a packet was sent: voice. Not video: a
frame is many packets of one timestamp.
"""

from __future__ import annotations

from media.core.estimate.windowedmin import WindowedMinimum

# One packet delayed by the radio is not a queue; several in a row are.
SMOOTHING = 0.2
# A larger jump of the media clock comes from a new source or a suspended page, not from a queue.
MAX_JUMP_MS = 10_000.0


class ArrivalDelay:
    """The queueing delay of one incoming voice stream."""

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._last_timestamp: int | None = None
        self._media_ms = 0.0  # the unwrapped media clock
        self._last_delay_ms = 0.0
        self._base = WindowedMinimum()
        self.queue_ms: float | None = None
        """Delay above its minimum of the last 30 s, smoothed; None before the first packet."""

    def received(self, timestamp: int, arrival_ms: float) -> None:
        """A packet with this RTP timestamp arrived; leave out packets that were retransmitted."""
        if self._last_timestamp is not None:
            step = ((timestamp - self._last_timestamp + 0x80000000) & 0xFFFFFFFF) - 0x80000000
            self._media_ms += step * 1000 / self._clock_rate
        delay_ms = arrival_ms - self._media_ms
        if self._last_timestamp is None or abs(delay_ms - self._last_delay_ms) > MAX_JUMP_MS:
            self._base = WindowedMinimum()
            self.queue_ms = 0.0
        self._last_timestamp = timestamp
        self._last_delay_ms = delay_ms
        self._base.add(delay_ms, arrival_ms)
        above_ms = delay_ms - self._base.value
        known_ms = above_ms if self.queue_ms is None else self.queue_ms
        self.queue_ms = known_ms + SMOOTHING * (above_ms - known_ms)
