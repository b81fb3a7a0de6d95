"""How high a publisher's video may climb on a way up whose rate nobody knows.

Owns: a ceiling that opens while it is used and comes down when the way up suffers. It follows what really
comes through, because the size of the picture is chosen by it: a browser whose own congestion control gives
it 60 kbit/s must not be told to send 640x480. Must never set a rate by itself: steering.py takes the lesser
of this and the room.
"""

from __future__ import annotations

from media.core.quality.videosteps import MAX_VIDEO_BPS, MIN_VIDEO_BPS

# The ceiling of the way up starts where any link that can have video at all has room...
FIRST_BPS = 40_000.0
# ...and opens by a quarter each second in which the publisher really uses it.
STEP = 1.25
STEP_MS = 1_000.0
USED_SHARE = 0.8
IDLE_SHARE = 0.4
IDLE_MS = 4_000.0
# A ceiling that idles still lets a picture that begins to move have this.
IDLE_BPS = 100_000.0
# Rising a step takes a ceiling of 1.27 (the widest step) times 1.05 (the margin); below that it holds down.
BINDING = 1.35
# What a fall did shows after a round trip and a smoothed queue; falling again before that falls too far.
FALL_SPACING_MS = 2_000.0
# Close under where the way up was last strained, feel the way: one step in this time.
CAREFUL_SHARE = 0.85
CAREFUL_STEP_MS = 10_000.0
STRAIN_MEMORY_MS = 60_000.0
# The highest step is reached only by a ceiling a margin above it.
HIGHEST_BPS = 1.1 * MAX_VIDEO_BPS


class UplinkCeiling:
    """The most that one publisher's video may have, in bit/s."""

    def __init__(self) -> None:
        self.bps = FIRST_BPS
        self._changed_ms = 0.0
        self._idle_since_ms: float | None = None
        self._strained_bps = HIGHEST_BPS
        self._strained_ms = -STRAIN_MEMORY_MS

    def start(self, now_ms: float, *, careful: bool) -> None:
        """Video begins; ``careful`` when it has failed before."""
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
        """``received_bps`` of video came up while the publisher was allowed ``bitrate_bps``.

        ``unhindered``: the page says that nothing but its picture kept it from sending more. Then a larger
        picture is worth trying, and a still one is no reason to come down. ``video_reported_bps``: what the page's
        own congestion control would give video; being allowed a quarter more makes it probe for more.
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
