"""Detects that a steady stream of packets has almost stopped: the first sign that a link has collapsed.

Owns: the numbers of voice and video packets in each moment (160 ms) of the last seconds, and the comparison of the
newest moment with their average. A page that sends a picture and a voice in short packets (voicesteps.py) sends a
dozen packets a moment; when its link falls to a tenth, one or two arrive. Voice alone proves nothing, because
people pause and pictures do not. Must never read a clock or count packets: times (ms) and totals are arguments.
"""

from __future__ import annotations

import math
from collections import deque

# The length of a moment. In less time, too few packets of a voice and a 15 fps picture arrive to compare.
MOMENT_MS = 160.0
# If the caller is this late, its counts are late too and cannot be compared.
LATE_MS = 100.0
# Packets are few if they are at most this share of the recent average.
FEW = 0.3
# With a lower average of video or voice packets in a moment, chance would decide: a thin link sometimes loses two
# packets in a row.
LEAST_VIDEO = 2.0
LEAST_VOICE = 4.0
# The average is taken over the last whole period of this length.
PERIOD_MS = 2_000.0
# After few packets for this long the page itself sends less, so the lower rate becomes normal.
LASTS_MS = 600.0
# The stream counts as stopped for this long after packets arrive again: a full queue lets a voice packet through
# now and then.
CALM_MS = 300.0
# Few packets for this long are longer than a stall of the radio.
COLLAPSED_MS = 250.0


class ArrivalRhythm:
    """Compares arrivals with their average. Call `follow` about every 25 ms."""

    def __init__(self) -> None:
        self.collapsed = False
        """Whether few packets have arrived for longer than a radio stalls."""
        self._totals: deque[tuple[float, int, int]] = deque()
        self._period_ms = -math.inf
        # Average packets of voice and of video in a moment of the previous period; the current period may already
        # contain the collapse.
        self._usual = (0.0, 0.0)
        self._sums = (0, 0)  # since _period_ms
        self._moments = 0
        self._few_since_ms: float | None = None
        self._calm_ms = -math.inf
        # The time of the first moment with few packets since the stream was last normal.
        self._stalled_ms: float | None = None

    def follow(self, now_ms: float, voice: int, video: int) -> bool:
        """Whether the stream has stopped, or started again only just now.

        ``voice`` and ``video``: the total numbers of packets that have arrived.
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
