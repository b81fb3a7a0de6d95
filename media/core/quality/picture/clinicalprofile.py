"""In which order a picture's quality is given up, by what the viewer wants to see.

Owns: size and frame rate for a bitrate under each clinical profile, what a browser keeps when it must give
something up by itself, and whose wish counts. Must never know of links. Sizes are given as W3C
``scaleResolutionDownBy`` of a camera of 640x480; under 1 the camera is asked for more lines than that.
"""

from __future__ import annotations

from collections.abc import Iterable

from media.core.parameters import ClinicalProfile, VideoSend

# (from bit/s, frames/s, scale). Each frame costs 50 bytes of headers and must still hold a picture. A face: at
# 12 kbit/s one of 160x120 still moves four times a second, and at 16 its lips can be followed; from 48 kbit/s on
# movement looks right; from 480 kbit/s (with voice the video-high rung) all that a plain camera gives.
_FACE = (
    *((1_000_000, 30.0, 0.667), (800_000, 30.0, 1.0), (480_000, 24.0, 1.0), (400_000, 15.0, 1.0)),
    *((200_000, 15.0, 1.5), (48_000, 15.0, 2.0)),
    *((20_000, 10.0, 4.0), (16_000, 9.0, 4.0), (0, 5.0, 4.0)),
)
# A rash or a wound holds still: 320x240 at the lowest bitrate, and 640x480 where a face still has 320x240. Under
# two frames a second nobody can guide the camera.
_DETAIL = (
    *((800_000, 15.0, 0.667), (480_000, 8.0, 0.667), (300_000, 12.0, 1.0), (190_000, 8.0, 1.0)),
    *((120_000, 5.0, 1.0), (75_000, 5.0, 1.5), (48_000, 5.0, 2.0), (30_000, 3.0, 2.0), (0, 2.0, 2.0)),
)
# A step or a sign lasts a third of a second: under 12 frames a second it is lost, 20 show it well (ITU-T H-series
# supplement 1 on sign language), however few pixels are left; a hand can be recognised from 128x96 (SQCIF) on.
_MOTION = (
    *((800_000, 30.0, 1.0), (380_000, 30.0, 1.5), (190_000, 24.0, 2.0), (100_000, 20.0, 3.0)),
    *((60_000, 20.0, 4.0), (30_000, 15.0, 4.0), (0, 12.0, 5.0)),
)
PICTURES = {
    ClinicalProfile.FACE: _FACE,
    ClinicalProfile.DETAIL: _DETAIL,
    ClinicalProfile.MOTION: _MOTION,
}
# W3C RTCDegradationPreference. None leaves a face to the browser, which balances both.
DEGRADATION_PREFERENCES = {
    ClinicalProfile.FACE: None,
    ClinicalProfile.DETAIL: "maintain-resolution",
    ClinicalProfile.MOTION: "maintain-framerate",
}


def picture_for(bitrate_bps: int, profile: ClinicalProfile = ClinicalProfile.FACE) -> tuple[float, float]:
    """(frames a second, ``scale_resolution_down_by``) for a bitrate."""
    return next(
        (framerate, scale) for least_bps, framerate, scale in PICTURES[profile] if bitrate_bps >= least_bps
    )


def video_for(bitrate_bps: int, codec: str, profile: ClinicalProfile) -> VideoSend:
    """What a publisher is asked to send as its picture, at this bitrate in this codec (a mime type)."""
    framerate, scale = picture_for(bitrate_bps, profile)
    return VideoSend(
        active=True,
        max_bitrate_bps=bitrate_bps,
        max_framerate=framerate,
        scale_resolution_down_by=scale,
        codec=codec,
        degradation_preference=DEGRADATION_PREFERENCES[profile],
    )


def profile_for(wishes: Iterable[ClinicalProfile]) -> ClinicalProfile:
    """The profile of a picture with several viewers, whose wishes come in the order in which they joined.

    A face is what a viewer gets without asking, so the first wish for something else counts.
    """
    return next((wish for wish in wishes if wish is not ClinicalProfile.FACE), ClinicalProfile.FACE)
