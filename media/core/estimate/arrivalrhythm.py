"""Whether a steady stream of packets has all but stopped: the first sign that a link has collapsed.

Owns: how many packets of voice and video arrived per moment (160 ms) in the last seconds, and whether this
moment brings far fewer. A page that sends a picture and a voice in short packets (voicesteps.py) sends a
dozen packets a moment; when its link falls to a tenth, one or two arrive. A voice alone proves nothing, for
people pause; pictures do not. Must never read a clock or count packets: the caller gives times (ms) and
totals.
"""

from __future__ import annotations

import math
from collections import deque

# A moment. A shorter one says nothing about a voice and a picture of 15 frames a second.
MOMENT_MS = 160.0
# A caller that is so late was held up, and so was its counting.
LATE_MS = 100.0
# Few packets: this share of a moment's average of late.
FEW = 0.3
# With fewer packets of video or voice a moment chance would decide: a thin link loses two in a row now and
# then.
LEAST_VIDEO = 2.0
LEAST_VOICE = 4.0
# The average is taken over the last whole period of this length.
PERIOD_MS = 2_000.0
# Few packets for so long are the new normal: the page was asked to send less, or has reason to.
LASTS_MS = 600.0
# After packets arrive again, wait so long: a full queue lets a voice packet through now and then.
CALM_MS = 300.0
# With few packets for so long, it is no stall of the radio.
COLLAPSED_MS = 250.0


class ArrivalRhythm:
    """Ask `follow` regularly, each 25 ms or so."""

    def __init__(self) -> None:
        self.collapsed = False
        """Whether few packets have come for longer than a radio stalls."""
        self._totals: deque[tuple[float, int, int]] = deque()
        self._period_ms = -math.inf
        # Packets of voice and of video a moment, in the period before: this one may hold the beginning of a
        # fall.
        self._usual = (0.0, 0.0)
        self._sums = (0, 0)  # since _period_ms
        self._moments = 0
        self._few_since_ms: float | None = None
        self._calm_ms = -math.inf
        # When the first moment with few packets was since the last calm.
        self._stalled_ms: float | None = None

    def follow(self, now_ms: float, voice: int, video: int) -> bool:
        """Whether the stream has stopped, or has only just begun again.

        ``voice`` and ``video``: how many packets of each have arrived in all.
        """
        totals = self._totals
        if totals and now_ms - totals[-1][0] > LATE_MS:
            totals.clear()
        totals.append((now_ms, voice, video))
        if now_ms - totals[0][0] < MOMENT_MS:
            return False
        while len(totals) > 1 and now_ms - totals[1][0] >= MOMENT_MS:
            totals.popleft()
        came = (voice - totals[0][1], video - totals[0][2])
        usual_voice, usual_video = self._usual
        few = (
            usual_voice >= LEAST_VOICE
            and usual_video >= LEAST_VIDEO
            and came[0] <= FEW * usual_voice
            and came[1] <= FEW * usual_video
        )
        if not few:
            self._few_since_ms = None
        elif self._few_since_ms is None:
            self._few_since_ms = now_ms
        if self._few_since_ms is not None and now_ms - self._few_since_ms < LASTS_MS:
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
        if now_ms - self._period_ms >= PERIOD_MS:
            if self._moments:
                self._usual = (self._sums[0] / self._moments, self._sums[1] / self._moments)
            self._sums, self._moments, self._period_ms = (0, 0), 0, now_ms
        self._sums = (self._sums[0] + came[0], self._sums[1] + came[1])
        self._moments += 1
