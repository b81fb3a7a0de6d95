"""The few bitrates that video is sent at, and the picture that suits each.

Owns: the steps, how fast one may climb them, and size and frame rate by step. Steps exist so that a
publisher is told something new only when it matters: each change costs the encoder a moment. Must never
know of links.
"""

from __future__ import annotations

# Chromium never encodes under 30 kbit/s by itself, but does when told; a quarter more each is the least
# change one can see. At 12 kbit/s a face of 160x120 still moves three or four times a second.
STEPS_BPS = (
    *(12_000, 16_000, 20_000, 25_000, 30_000, 38_000, 48_000, 60_000, 75_000, 95_000, 120_000, 150_000),
    *(190_000, 240_000, 300_000, 380_000, 480_000, 600_000, 800_000),
)
MIN_VIDEO_BPS = STEPS_BPS[0]
MAX_VIDEO_BPS = STEPS_BPS[-1]

# Down when the target is this far under the step: an encoder told 0.8 of the room still fits a little longer.
FALL_SHARE = 0.85
RISE_MARGIN = 1.05
RISE_SPACING_MS = 2_000.0
RISE_AFTER_FALL_MS = 10_000.0

# (from bit/s, frames/s): each frame costs 50 bytes of headers and must still hold a picture; from 100 kbit/s
# on movement looks right.
FRAMERATES = ((100_000, 15.0), (60_000, 12.0), (30_000, 10.0), (20_000, 7.0), (0, 4.0))
# (from bit/s, divisor of a 640x480 capture): 640x480, 427x320, 320x240, 160x120.
SCALES = ((400_000, 1.0), (200_000, 1.5), (60_000, 2.0), (0, 4.0))


def picture_for(bitrate_bps: int) -> tuple[float, float]:
    """(frames a second, ``scale_resolution_down_by``) for a bitrate."""
    framerate = next(rate for least_bps, rate in FRAMERATES if bitrate_bps >= least_bps)
    scale = next(scale for least_bps, scale in SCALES if bitrate_bps >= least_bps)
    return framerate, scale


class VideoSteps:
    """The step a publisher is on: down at once, up slowly."""

    def __init__(self) -> None:
        self.bitrate_bps = MIN_VIDEO_BPS
        self._rise_from_ms = 0.0

    def start(self, target_bps: float, now_ms: float) -> None:
        """Video begins: take the step that fits ``target_bps``."""
        self.bitrate_bps = _step_within(target_bps)
        self._rise_from_ms = now_ms + RISE_SPACING_MS

    def follow(self, target_bps: float, now_ms: float) -> None:
        """Move towards the step that fits ``target_bps``."""
        if target_bps < FALL_SHARE * self.bitrate_bps and self.bitrate_bps > MIN_VIDEO_BPS:
            self.bitrate_bps = _step_within(target_bps)
            self._rise_from_ms = now_ms + RISE_AFTER_FALL_MS
        elif now_ms >= self._rise_from_ms:
            higher_bps = _step_within(target_bps / RISE_MARGIN)
            if higher_bps > self.bitrate_bps:
                self.bitrate_bps = higher_bps
                self._rise_from_ms = now_ms + RISE_SPACING_MS


def _step_within(target_bps: float) -> int:
    return max((step for step in STEPS_BPS if step <= target_bps), default=MIN_VIDEO_BPS)
