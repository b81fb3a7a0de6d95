"""The round-trip times of one leg, and how much of the voice's delay they confirm.

Owns: the smoothed round-trip time, its minimum of the last half minute, and the minimum delay of the page's
feedback. Must never measure anything itself: times are ms on the caller's monotonic clock.
"""

from __future__ import annotations

from collections import deque

from media.core.estimate.windowedmin import WindowedMinimum

# The round-trip time before one is measured.
DEFAULT_RTT_MS = 300.0
# RFC 6298 section 2: the weight of each new round-trip time is an eighth.
SMOOTHING = 0.125
# The maximum of this many newest round-trip times counts.
KEPT = 2
# Round-trip times are measured about every second: a queue up to this length counts before one has confirmed it.
UNPROVEN_QUEUE_MS = 100.0
# A page delays its feedback by up to 250 ms; of four feedback messages, at least one has a short delay.
FEEDBACK_TRIPS = 4


class RoundTrips:
    """Call `measured` and `fed_back`; read `rtt_ms` and `confirmed_queue_ms`."""

    def __init__(self) -> None:
        self.rtt_ms = DEFAULT_RTT_MS
        self._newest: deque[float] = deque(maxlen=KEPT)
        self._least = WindowedMinimum()
        self._feedback: deque[float] = deque(maxlen=FEEDBACK_TRIPS)
        self._least_feedback = WindowedMinimum()

    def measured(self, rtt_ms: float, now_ms: float) -> None:
        """A round-trip time was measured."""
        if self.rtt_ms == DEFAULT_RTT_MS:
            self.rtt_ms = rtt_ms
        self.rtt_ms += SMOOTHING * (rtt_ms - self.rtt_ms)
        self._newest.append(rtt_ms)
        self._least.add(rtt_ms, now_ms)

    def fed_back(self, after_ms: float, now_ms: float) -> None:
        """Feedback arrived ``after_ms`` after the sending of its packet: a round trip and the page's own delay."""
        self._feedback.append(after_ms)
        self._least_feedback.add(after_ms, now_ms)

    def confirmed_queue_ms(self, up_queue_ms: float | None, down_queue_ms: float) -> float | None:
        """The queueing delay of voice on the uplink: the part of ``up_queue_ms`` that round-trip times confirm.

        A page that froze for a second sends its voice a second late afterwards, which alone looks like a queue. A
        real queue also lengthens the round-trip time. If the queue loses checks, it shows in the delay of
        feedback; the minimum of several feedback messages excludes the page's own delay.
        """
        if up_queue_ms is None or not self._newest:
            return up_queue_ms
        grown_ms = max(self._newest) - self._least.value
        if len(self._feedback) == FEEDBACK_TRIPS:
            late_ms = min(self._feedback) - self._least_feedback.value
            grown_ms = max(grown_ms, late_ms - down_queue_ms)
        return min(up_queue_ms, grown_ms + UNPROVEN_QUEUE_MS)
