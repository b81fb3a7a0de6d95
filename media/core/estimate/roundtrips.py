"""The round trips of one leg, and how much of a voice's lateness they confirm.

Owns: the smoothed round trip, the least of the last half minute, and the least delay of the page's feedback.
Must never measure anything itself: times are ms on the caller's monotonic clock.
"""

from __future__ import annotations

from collections import deque

from media.core.estimate.windowedmin import WindowedMinimum

# The round trip before one is measured.
DEFAULT_RTT_MS = 300.0
# RFC 6298 section 2: an eighth of each new one.
SMOOTHING = 0.125
# Two in a row: a single check that was lost and repeated looks like a queue.
KEPT = 2
# Round trips are measured each second or so: a queue up to here is believed before one has shown it.
UNPROVEN_QUEUE_MS = 100.0
# A page waits up to 250 ms with its feedback; of four feedbacks one waited only a little.
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
        """One round trip."""
        if self.rtt_ms == DEFAULT_RTT_MS:
            self.rtt_ms = rtt_ms
        self.rtt_ms += SMOOTHING * (rtt_ms - self.rtt_ms)
        self._newest.append(rtt_ms)
        self._least.add(rtt_ms, now_ms)

    def fed_back(self, after_ms: float, now_ms: float) -> None:
        """Feedback came so long after the packet that it is about: a round trip, and the page's own wait."""
        self._feedback.append(after_ms)
        self._least_feedback.add(after_ms, now_ms)

    def confirmed_queue_ms(self, up_queue_ms: float | None, down_queue_ms: float) -> float | None:
        """How long voice queues on the uplink: as much of ``up_queue_ms``, its lateness, as round trips confirm.

        A page that froze for a second sends its voice a second late from then on, and that alone looks like a
        queue. A true queue shows in the round trip too. Where checks are lost in it, the queue shows in how
        late feedback comes; the least of several feedbacks leaves out the page's own wait.
        """
        if up_queue_ms is None or not self._newest:
            return up_queue_ms
        grown_ms = max(self._newest) - self._least.value
        if len(self._feedback) == FEEDBACK_TRIPS:
            late_ms = min(self._feedback) - self._least_feedback.value
            grown_ms = max(grown_ms, late_ms - down_queue_ms)
        return min(up_queue_ms, grown_ms + UNPROVEN_QUEUE_MS)
