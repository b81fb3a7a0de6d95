"""The highest bitrate of a publisher's video on an uplink of unknown rate.

Owns: a ceiling that rises while it is used and falls when the uplink suffers. The ceiling follows the received
rate, because it decides the size of the picture: a browser whose congestion control allows 60 kbit/s must not be
asked for 640x480. Must never set a bitrate by itself: steering.py takes the minimum of this and the room.
"""

from __future__ import annotations

from media.core.quality.picture.videosteps import MAX_VIDEO_BPS, MIN_VIDEO_BPS

# The first ceiling: any link that can carry video at all has this room.
FIRST_BPS = 40_000.0
# The ceiling rises by a quarter in each second in which the publisher uses it.
STEP = 1.25
STEP_MS = 1_000.0
USED_SHARE = 0.8
IDLE_SHARE = 0.4
IDLE_MS = 4_000.0
# An unused ceiling does not fall below this, so that a picture that begins to move has room.
IDLE_BPS = 100_000.0
# A picture rises by a step if the ceiling is its bitrate times 1.27 (the widest step) times 1.05 (the margin). A
# ceiling below this many times the bitrate limits the picture.
BINDING = 1.35
# A fall takes effect after a round trip and in a smoothed queue; a second fall before that goes too far.
FALL_SPACING_MS = 2_000.0
# Just below the ceiling at which the uplink was last strained, rise slowly: one step in this time.
CAREFUL_SHARE = 0.85
CAREFUL_STEP_MS = 10_000.0
STRAIN_MEMORY_MS = 60_000.0
# A picture reaches the highest step only if the ceiling is a margin above it.
HIGHEST_BPS = 1.1 * MAX_VIDEO_BPS


class UplinkCeiling:
    """The ceiling of one publisher's video, in bit/s."""

    def __init__(self) -> None:
        self.bps = FIRST_BPS
        self._changed_ms = 0.0
        self._idle_since_ms: float | None = None
        self._strained_bps = HIGHEST_BPS
        self._strained_ms = -STRAIN_MEMORY_MS

    def start(self, now_ms: float, *, careful: bool) -> None:
        """Video begins; ``careful``: it has failed before."""
        self.bps = float(MIN_VIDEO_BPS) if careful else FIRST_BPS
        self._changed_ms = now_ms
        self._idle_since_ms = None

    def follow(
        self,
        now_ms: float,
        received_bps: float,
        bitrate_bps: int,
        *,
        suffers: bool,
        unhindered: bool = False,
        video_reported_bps: float | None = None,
    ) -> None:
        """``received_bps`` of video arrived while the publisher was allowed ``bitrate_bps``.

        ``unhindered``: the page reports that only its picture kept it from sending more. Then a larger picture is
        worth trying, and a motionless picture does not lower the ceiling. ``video_reported_bps``: the rate that the
        page's congestion control allows video. If the ceiling is a quarter higher, the page probes for more.
        """
        most_bps = (
            HIGHEST_BPS
            if video_reported_bps is None
            else max(float(MIN_VIDEO_BPS), STEP * video_reported_bps)
        )
        self.bps = min(self.bps, most_bps)
        if unhindered or received_bps >= IDLE_SHARE * bitrate_bps:
            self._idle_since_ms = None
        elif self._idle_since_ms is None:
            self._idle_since_ms = now_ms
        waited_ms = now_ms - self._changed_ms
        idle = self._idle_since_ms is not None and now_ms - self._idle_since_ms >= IDLE_MS
        if suffers:
            if waited_ms >= FALL_SPACING_MS:
                self._strained_bps, self._strained_ms = min(self.bps, STEP * bitrate_bps), now_ms
                self._change(self._strained_bps / STEP, now_ms)
        elif idle and self.bps > IDLE_BPS:
            if waited_ms >= STEP_MS:
                self._change(self.bps / STEP, now_ms)
        elif (unhindered or received_bps >= USED_SHARE * bitrate_bps) and self.bps < BINDING * bitrate_bps:
            careful = now_ms - self._strained_ms < STRAIN_MEMORY_MS
            careful = careful and self.bps * STEP > CAREFUL_SHARE * self._strained_bps
            if waited_ms >= (CAREFUL_STEP_MS if careful else STEP_MS) and self.bps < most_bps:
                self._change(min(self.bps * STEP, most_bps), now_ms)

    def _change(self, bps: float, now_ms: float) -> None:
        self.bps = max(float(MIN_VIDEO_BPS), min(HIGHEST_BPS, bps))
        self._changed_ms = now_ms
