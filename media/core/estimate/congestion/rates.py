"""Bits per second over the last second, and the bounds of every estimate.

Owns: the window over what was sent or received. Must never read a clock: the window moves with the times it
is given, so a receiver's clock may differ from ours. Sizes are bytes on the wire.
"""

from __future__ import annotations

from collections import deque

# Under this even the thinnest voice (9.5 kbit/s) does not fit, so a lower estimate has no use.
MIN_ESTIMATE_BPS = 9_500.0
# No page of ours shows more than this; it bounds what a receiver with a false clock can claim.
MAX_ESTIMATE_BPS = 8_000_000.0
# The share of what gets through a full link that may be sent: the rest drains the queue.
USABLE_SHARE = 0.85

RATE_WINDOW_US = 1_000_000


class RateWindow:
    """Bits per second over the last second of its own clock."""

    def __init__(self) -> None:
        self._items: deque[tuple[int, int]] = deque()
        self._bytes = 0
        self._first_us: int | None = None

    def add(self, at_us: int, size_bytes: int) -> None:
        """A packet of this size left, or arrived, at ``at_us``."""
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
        # Half a second at least: the first packets of a stream say nothing about its rate.
        span_us = min(RATE_WINDOW_US, max(RATE_WINDOW_US // 2, self._items[-1][0] - self._first_us))
        return self._bytes * 8_000_000 / span_us

    def lately_bps(self, window_us: int) -> float:
        """The rate over the last ``window_us`` only, which is less than a second."""
        if not self._items:
            return 0.0
        since_us = self._items[-1][0] - window_us
        return sum(size for at_us, size in self._items if at_us > since_us) * 8_000_000 / window_us


def clamped(bps: float) -> float:
    """The rate within the bounds of an estimate."""
    return max(MIN_ESTIMATE_BPS, min(MAX_ESTIMATE_BPS, bps))
