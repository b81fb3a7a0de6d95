"""The minimum of a value over the last half minute, in constant space.

Owns: the base from which queueing delay is measured. In half a minute, a clock that drifts by 100 ppm moves 3 ms;
after half a minute, a permanent change of the path's delay becomes the new base.
"""

from __future__ import annotations

from collections import deque
from math import inf

BUCKET_MS = 5_000.0
BUCKETS = 6


class WindowedMinimum:
    """The minimum of the values given to `add`; times are ms of any clock that moves forward."""

    __slots__ = ("_bucket", "_buckets", "_least", "_until_ms", "value")

    def __init__(self) -> None:
        # Number and minimum of each bucket but the newest, which is `_bucket` until `_until_ms`.
        self._buckets: deque[tuple[int, float]] = deque(maxlen=BUCKETS - 1)
        self._bucket = 0
        self._least = inf
        self._until_ms = -inf
        self.value = inf
        """The minimum; infinite before the first value."""

    def add(self, value: float, at_ms: float) -> None:
        """Add a value; a value slightly out of order belongs to the newest bucket."""
        if at_ms >= self._until_ms:
            self._begin(int(at_ms // BUCKET_MS))
        if value < self._least:
            self._least = value
            self.value = min(self.value, value)

    def _begin(self, bucket: int) -> None:
        buckets = self._buckets
        if self._least < inf:
            buckets.append((self._bucket, self._least))
        while buckets and buckets[0][0] <= bucket - BUCKETS:
            buckets.popleft()
        self._bucket, self._least = bucket, inf
        self._until_ms = (bucket + 1) * BUCKET_MS
        self.value = min((least for _, least in buckets), default=inf)
