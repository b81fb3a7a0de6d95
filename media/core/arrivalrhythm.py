"""Whether somebody who sent all the time has all but stopped: the first sign that a link has collapsed.

Owns: how many packets a moment brought in the last seconds, and whether this one brings far fewer. From a page that
sends a voice and a picture a dozen come in each sixth of a second; when its link falls to a tenth, one or two. Must
never read a clock or count by itself: times are ms on the caller's, packets are its total.
"""

from __future__ import annotations

from collections import deque

# A moment: shorter ones tell nothing of a voice and a picture at 15 frames a second.
MOMENT_MS = 160.0
# Who asks so late was held up, and so was the counting.
LATE_MS = 100.0
# Of the least that a moment has brought lately: chance alone hardly ever goes so far below it.
FEW = 0.3
# With fewer than this a single packet would decide: a voice alone, and its pauses.
LEAST_PACKETS = 4
# Moments are remembered for one to two of these.
MEMORY_MS = 2_000.0
# What lasts so long is how it is now: the page has been told to send less, or has reason to.
LASTS_MS = 600.0
# Once heard again, wait so long: a full queue lets a word through now and then.
CALM_MS = 300.0
# This long with hardly anything, and it was no stall of the radio.
COLLAPSED_MS = 250.0


class ArrivalRhythm:
    """Ask `follow` regularly, each 25 ms or so."""

    def __init__(self) -> None:
        self.collapsed = False
        """Whether it has been going on for longer than a radio stalls."""
        self._totals: deque[tuple[float, int]] = deque()
        self._bucket_ms: float | None = None
        self._usual = 0  # the least of the bucket before: this one may hold the beginning of a fall
        self._least: int | None = None  # since _bucket_ms
        self._since_ms: float | None = None
        self._calm_ms: float | None = None
        self._stalled_ms: float | None = (
            None  # when the first of these moments was that calm has not followed
        )

    def follow(self, now_ms: float, packets: int) -> bool:
        """Whether it has stopped, or has only just begun again; ``packets``: how many have come in all."""
        if self._totals and now_ms - self._totals[-1][0] > LATE_MS:
            self._totals.clear()
        self._totals.append((now_ms, packets))
        if now_ms - self._totals[0][0] < MOMENT_MS:
            return False
        while len(self._totals) > 1 and now_ms - self._totals[1][0] >= MOMENT_MS:
            self._totals.popleft()
        came = packets - self._totals[0][1]
        few = self._usual >= LEAST_PACKETS and came <= FEW * self._usual
        if not few:
            self._since_ms = None
        elif self._since_ms is None:
            self._since_ms = now_ms
        if self._since_ms is not None and now_ms - self._since_ms < LASTS_MS:
            self._calm_ms = now_ms + CALM_MS
            if self._stalled_ms is None:
                self._stalled_ms = now_ms
            self.collapsed = now_ms - self._stalled_ms >= COLLAPSED_MS
            return True
        self.collapsed = False
        self._remember(now_ms, came)
        calm = self._calm_ms is None or now_ms >= self._calm_ms
        if calm:
            self._stalled_ms = None
        return not calm

    def _remember(self, now_ms: float, came: int) -> None:
        if self._bucket_ms is None:
            self._bucket_ms = now_ms
        if now_ms - self._bucket_ms >= MEMORY_MS:
            self._usual, self._least = self._least or 0, None
            self._bucket_ms = now_ms
        self._least = came if self._least is None else min(self._least, came)
