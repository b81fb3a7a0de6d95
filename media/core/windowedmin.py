"""The least of a value over the last half minute, in constant space.

Owns: the base against which queueing delay is measured. Half a minute: a clock that drifts 100 ppm moves 3
ms in that time, and a path whose delay has changed for good is believed after it.
"""

from __future__ import annotations

from collections import deque

BUCKET_MS = 5_000.0
BUCKETS = 6


class WindowedMinimum:
    """Feed it values with their times (ms, any clock that moves forward); read ``value``."""

    def __init__(self) -> None:
        self._buckets: deque[tuple[int, float]] = deque(maxlen=BUCKETS)

    def add(self, value: float, at_ms: float) -> None:
        """A value was seen; one a little out of order counts to the newest bucket."""
        bucket = int(at_ms // BUCKET_MS)
        if self._buckets and self._buckets[-1][0] >= bucket:
            number, least = self._buckets[-1]
            self._buckets[-1] = (number, min(least, value))
            return
        while self._buckets and self._buckets[0][0] <= bucket - BUCKETS:
            self._buckets.popleft()
        self._buckets.append((bucket, value))

    @property
    def value(self) -> float:
        """The least value; raises ValueError before the first."""
        return min(least for _, least in self._buckets)
