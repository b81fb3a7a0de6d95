"""The small picture for thin links: the least room that it needs, and its size and frame rate at a bitrate.

Owns: size and frame rate of lower copies and of the small picture of simulcast, and the least bitrate of both. Must
never decide who gets a small picture: copyrule.py and simulcastrule.py do.
"""

from __future__ import annotations

from media.core.parameters import VideoSend

# VP8 of 160x120 at 4 frames a second. With less room a receiver gets no small picture.
SMALL_MIN_BPS = 20_000
# A small picture that flows stays until the room falls to this, because the estimate varies.
SMALL_KEEP_BPS = 16_000

# (from bit/s, lines, frames/s) for a 640x480 camera. The copy of a smaller picture is never larger than the
# picture.
_PICTURES = (
    *((200_000, 320, 15.0), (100_000, 240, 15.0), (60_000, 240, 12.0), (40_000, 180, 10.0)),
    *((28_000, 120, 8.0), (0, 120, 5.0)),
)
# The lines of the camera, which scale_resolution_down_by divides.
CAPTURED_LINES = 480


def small_picture_for(bitrate_bps: float) -> tuple[int, float]:
    """(lines of picture, frames a second) of a small picture at this bitrate."""
    return next((height, rate) for least_bps, height, rate in _PICTURES if bitrate_bps >= least_bps)


def small_video(bitrate_bps: int, codec: str) -> VideoSend:
    """The small picture that a publisher is asked to send at this bitrate, in this codec (a mime type)."""
    height, framerate = small_picture_for(bitrate_bps)
    return VideoSend(
        active=True,
        max_bitrate_bps=bitrate_bps,
        max_framerate=framerate,
        scale_resolution_down_by=CAPTURED_LINES / height,
        codec=codec,
    )
