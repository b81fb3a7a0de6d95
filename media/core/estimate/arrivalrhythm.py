"""Whether somebody who sent all the time has all but stopped: the first sign that a link has collapsed.

Owns: how many packets a moment brought in the last seconds, and whether this one brings far fewer. From a page that
sends a picture, and a voice in short packets (voicesteps.py), a dozen come in each sixth of a second; when its
link falls to a tenth, one or two. A voice alone proves nothing, for people pause, and then it rests; pictures do
not. Must never read a clock or count by itself: times are ms on the caller's, packets are its totals.
"""

from __future__ import annotations

import math
from collections import deque

# A moment: shorter ones tell nothing of a voice and a picture at 15 frames a second.
MOMENT_MS = 160.0
# Who asks so late was held up, and so was the counting.
LATE_MS = 100.0
# Of what a moment has brought on average lately.
FEW = 0.3
# With fewer packets of pictures, or of words, chance would decide: a thin link loses two in a row now and then.
LEAST_PICTURES = 2.0
LEAST_WORDS = 4.0
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
        self._totals: deque[tuple[float, int, int]] = deque()
        self._bucket_ms = -math.inf
        # Words and pictures a moment, in the bucket before: this one may hold the beginning of a fall.
        self._usual = (0.0, 0.0)
        self._sums = (0, 0)  # since _bucket_ms
        self._moments = 0
        self._since_ms: float | None = None
        self._calm_ms = -math.inf
        # When the first such moment was since the last calm.
        self._stalled_ms: float | None = None

    def follow(self, now_ms: float, words: int, pictures: int) -> bool:
        """Whether it has stopped, or has only just begun again; how many packets of each have come in all."""
        totals = self._totals
        if totals and now_ms - totals[-1][0] > LATE_MS:
            totals.clear()
        totals.append((now_ms, words, pictures))
        if now_ms - totals[0][0] < MOMENT_MS:
            return False
        while len(totals) > 1 and now_ms - totals[1][0] >= MOMENT_MS:
            totals.popleft()
        came = (words - totals[0][1], pictures - totals[0][2])
        usual_words, usual_pictures = self._usual
        few = (
            usual_words >= LEAST_WORDS
            and usual_pictures >= LEAST_PICTURES
            and came[0] <= FEW * usual_words
            and came[1] <= FEW * usual_pictures
        )
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
        if now_ms < self._calm_ms:
            return True
        self._stalled_ms = None
        return False

    def _remember(self, now_ms: float, came: tuple[int, int]) -> None:
        if now_ms - self._bucket_ms >= MEMORY_MS:
            if self._moments:
                self._usual = (self._sums[0] / self._moments, self._sums[1] / self._moments)
            self._sums, self._moments, self._bucket_ms = (0, 0), 0, now_ms
        self._sums = (self._sums[0] + came[0], self._sums[1] + came[1])
        self._moments += 1
