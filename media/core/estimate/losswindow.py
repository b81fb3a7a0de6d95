"""The share of packets lost over the last seconds, from counters that only grow.

Owns: a sliding window over (expected, lost) totals. Must never read a clock.
"""

from __future__ import annotations

from collections import deque

# Long enough for 60 voice packets, short enough to forget a burst of losses soon.
WINDOW_MS = 4_000.0
SAMPLE_MS = 250.0
# With fewer packets than this, the ratio is meaningless.
MIN_PACKETS = 10


class LossWindow:
    """The loss over a sliding window of WINDOW_MS."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int, int]] = deque()

    def sample(self, expected: int, lost: int, now_ms: float) -> None:
        """Totals since the beginning. If a total shrinks (the source restarted), the window starts again."""
        samples = self._samples
        if samples and expected < samples[-1][1]:
            samples.clear()
        if samples and now_ms - samples[-1][0] < SAMPLE_MS:
            return
        samples.append((now_ms, expected, lost))
        while len(samples) > 2 and samples[1][0] <= now_ms - WINDOW_MS:
            samples.popleft()

    @property
    def ratio(self) -> float:
        """The share lost in the window, 0 to 1; 0 while it has too few packets."""
        if len(self._samples) < 2:
            return 0.0
        _, expected_then, lost_then = self._samples[0]
        _, expected, lost = self._samples[-1]
        if expected - expected_then < MIN_PACKETS:
            return 0.0
        return max(0.0, min(1.0, (lost - lost_then) / (expected - expected_then)))
