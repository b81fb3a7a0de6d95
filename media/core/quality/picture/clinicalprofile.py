"""The order in which quality is given up, by what the viewer wants to see: a face, a detail or motion.

Owns: size and frame rate at each bitrate for each clinical profile, what a browser preserves when it reduces
quality by itself, and whose profile counts. Must never know of links. A size is the W3C ``scaleResolutionDownBy``
of a 640x480 camera; below 1 the camera is asked for more lines.
"""

from __future__ import annotations

from collections.abc import Iterable

from media.core.parameters import ClinicalProfile, VideoSend

# (from bit/s, frames/s, scale). Each frame costs 50 bytes of headers and must still hold a picture. A face at 12
# kbit/s, in 160x120, still moves four times a second, and at 16 kbit/s people can follow its lips. From 48 kbit/s
# on movement looks natural. From 480 kbit/s on (with voice the video-high rung) it has all that a plain camera
# gives.
_FACE = (
    *((1_000_000, 30.0, 0.667), (800_000, 30.0, 1.0), (480_000, 24.0, 1.0), (400_000, 15.0, 1.0)),
    *((200_000, 15.0, 1.5), (48_000, 15.0, 2.0)),
    *((20_000, 10.0, 4.0), (16_000, 9.0, 4.0), (0, 5.0, 4.0)),
)
# A rash or a wound does not move: 320x240 at the lowest bitrate, and 640x480 at bitrates at which a face still has
# 320x240. Below two frames a second nobody can guide the camera.
_DETAIL = (
    *((800_000, 15.0, 0.667), (480_000, 8.0, 0.667), (300_000, 12.0, 1.0), (190_000, 8.0, 1.0)),
    *((120_000, 5.0, 1.0), (75_000, 5.0, 1.5), (48_000, 5.0, 2.0), (30_000, 3.0, 2.0), (0, 2.0, 2.0)),
)
# A step or a sign lasts a third of a second: below 12 frames a second it is lost, 20 show it well even with few
# pixels (ITU-T H-series supplement 1 on sign language). A hand can be recognised from 128x96 (SQCIF) on.
_MOTION = (
    *((800_000, 30.0, 1.0), (380_000, 30.0, 1.5), (190_000, 24.0, 2.0), (100_000, 20.0, 3.0)),
    *((60_000, 20.0, 4.0), (30_000, 15.0, 4.0), (0, 12.0, 5.0)),
)
PICTURES = {
    ClinicalProfile.FACE: _FACE,
    ClinicalProfile.DETAIL: _DETAIL,
    ClinicalProfile.MOTION: _MOTION,
}
# W3C RTCDegradationPreference. None: for a face the browser balances size and frame rate.
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
    """The picture that a publisher is asked to send at this bitrate, in this codec (a mime type)."""
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
    """The profile of a picture with several viewers; ``wishes`` are in the order in which they joined.

    The face is the default, so the first wish for another profile counts.
    """
    return next((wish for wish in wishes if wish is not ClinicalProfile.FACE), ClinicalProfile.FACE)
