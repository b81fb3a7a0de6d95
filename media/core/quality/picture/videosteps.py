"""The few bitrates at which video is sent.

Owns: the steps, and how fast a picture may rise. With steps, a publisher gets a new order only when the change
matters: each change disturbs the encoder for a moment. Must never know of links, nor the size of the picture at a
step (clinicalprofile.py).
"""

from __future__ import annotations

# Chromium never encodes below 30 kbit/s by itself, but does when asked. Each step is a quarter more, the smallest
# change that people see. Around 128 kbit/s it is an eighth, because there a quarter is too much to leave unused
# just below a step. Above 1.25 Mbit/s (half a gigabyte an hour) a consultation shows nothing new.
STEPS_BPS = (
    *(12_000, 16_000, 20_000, 25_000, 30_000, 38_000, 48_000, 54_000, 60_000, 67_000, 75_000, 85_000, 95_000),
    *(107_000, 120_000, 150_000, 190_000, 240_000, 300_000, 380_000, 480_000, 600_000, 800_000, 1_000_000),
    1_250_000,
)
MIN_VIDEO_BPS = STEPS_BPS[0]
MAX_VIDEO_BPS = STEPS_BPS[-1]

# A picture falls if the target is below this share of its step. The target is nine tenths of the room (PACE_SHARE),
# so until then there is room for the step.
FALL_SHARE = 0.9
RISE_MARGIN = 1.05
RISE_SPACING_MS = 2_000.0
RISE_AFTER_FALL_MS = 10_000.0


class VideoSteps:
    """The step of one publisher: down at once, up slowly."""

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
