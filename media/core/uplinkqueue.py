"""How long a page's packets wait on their way up, told from its voice alone.

Owns: the queueing delay of an uplink, as the delay of voice packets above the least of the last half minute. A
browser sends voice as it is spoken, so RTP timestamp and arrival run in step until something queues (RFC 3550
section 6.4.1 measures jitter the same way). Must never read a clock.
"""

from __future__ import annotations

from collections import deque

from media.core.rtp import ts_delta

# The least of 30 s: a clock that drifts 100 ppm moves 3 ms in that time.
BUCKET_MS = 5_000.0
BUCKETS = 6
SMOOTHING = 0.25
# Without voice for so long nothing is known (a pause in speech with DTX still sends each 400 ms).
STALE_MS = 3_000.0
# A greater step is a new time line (another microphone, a restarted page), not delay.
NEW_TIMELINE_MS = 30_000.0


class UplinkQueue:
    """Queueing delay of one voice stream with `clock_rate` ticks a second."""

    def __init__(self, clock_rate: int) -> None:
        self._ticks_per_ms = clock_rate / 1000
        self._timestamp: int | None = None
        self._media_ms = 0.0
        self._buckets: deque[tuple[int, float]] = deque(maxlen=BUCKETS)
        self._queue_ms = 0.0
        self._noted_ms = 0.0

    def note(self, timestamp: int, arrival_ms: float) -> None:
        """A voice packet with this RTP timestamp has arrived."""
        if self._timestamp is not None:
            step_ms = ts_delta(timestamp, self._timestamp) / self._ticks_per_ms
            if abs(step_ms - (arrival_ms - self._noted_ms)) > NEW_TIMELINE_MS:
                self._buckets.clear()
                self._queue_ms = 0.0
            self._media_ms += step_ms
        self._timestamp = timestamp
        self._noted_ms = arrival_ms
        delay_ms = arrival_ms - self._media_ms
        bucket = int(arrival_ms // BUCKET_MS)
        if self._buckets and self._buckets[-1][0] == bucket:
            self._buckets[-1] = (bucket, min(self._buckets[-1][1], delay_ms))
        else:
            self._buckets.append((bucket, delay_ms))
        above_ms = delay_ms - min(least for _, least in self._buckets)
        self._queue_ms += SMOOTHING * (above_ms - self._queue_ms)

    def queue_ms(self, now_ms: float) -> float | None:
        """The smoothed queueing delay, None while too little voice has come to tell."""
        if self._timestamp is None or now_ms - self._noted_ms > STALE_MS:
            return None
        return self._queue_ms
