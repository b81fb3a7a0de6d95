"""Bits per second over the last second, and the bounds of every estimate.

Owns: the window over sent or received packets. Must never read a clock: the given times move the window, so that a
receiver's clock may differ from ours. Sizes are bytes on the wire.
"""

from __future__ import annotations

from collections import deque

# The thinnest voice needs 9.5 kbit/s, so a lower estimate is of no use.
MIN_ESTIMATE_BPS = 9_500.0
# No page of ours needs more; this bounds the estimate from a receiver with a wrong clock.
MAX_ESTIMATE_BPS = 8_000_000.0
# The share of a full link's received rate that may be sent: the rest drains the queue.
USABLE_SHARE = 0.85

RATE_WINDOW_US = 1_000_000


class RateWindow:
    """Bits per second over the last second of its own clock."""

    def __init__(self) -> None:
        self._items: deque[tuple[int, int]] = deque()
        self._bytes = 0
        self._first_us: int | None = None

    def add(self, at_us: int, size_bytes: int) -> None:
        """A packet of this size was sent, or arrived, at ``at_us``."""
        if self._first_us is None:
            self._first_us = at_us
        self._items.append((at_us, size_bytes))
        self._bytes += size_bytes
        while self._items[0][0] <= at_us - RATE_WINDOW_US:
            self._bytes -= self._items.popleft()[1]

    @property
    def bps(self) -> float:
        """The rate up to the newest packet; 0 before the first."""
        if self._first_us is None:
            return 0.0
        # At least half a second, because the first packets of a stream do not show its rate.
        span_us = min(RATE_WINDOW_US, max(RATE_WINDOW_US // 2, self._items[-1][0] - self._first_us))
        return self._bytes * 8_000_000 / span_us

    def lately_bps(self, window_us: int) -> float:
        """The rate over the last ``window_us`` (less than a second)."""
        if not self._items:
            return 0.0
        since_us = self._items[-1][0] - window_us
        return sum(size for at_us, size in self._items if at_us > since_us) * 8_000_000 / window_us


def clamped(bps: float) -> float:
    """The rate, limited to the bounds of an estimate."""
    return max(MIN_ESTIMATE_BPS, min(MAX_ESTIMATE_BPS, bps))
