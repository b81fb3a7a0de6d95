"""One publisher's picture: when it flows, its bitrate and size, and the stills that replace it.

Owns: the parts that media/core/quality/steering.py combines for a picture; each can be read and tested alone. Must
never judge the voice: voicehealth.py does. Only media.core.quality imports from here.
"""

from media.core.quality.picture.clinicalprofile import profile_for, video_for
from media.core.quality.picture.picturelife import LifeView, PictureLife
from media.core.quality.picture.plateau import FINE, GOOD_BPS, NEXT_BPS, NEXT_LINK_BPS, Plateau, coarseness
from media.core.quality.picture.stillrhythm import StillRhythm
from media.core.quality.picture.uplinkceiling import UplinkCeiling
from media.core.quality.picture.videohold import HOLD, VideoHold
from media.core.quality.picture.videosteps import MAX_VIDEO_BPS, VideoSteps

__all__ = [
    "FINE",
    "GOOD_BPS",
    "HOLD",
    "MAX_VIDEO_BPS",
    "NEXT_BPS",
    "NEXT_LINK_BPS",
    "LifeView",
    "PictureLife",
    "Plateau",
    "StillRhythm",
    "UplinkCeiling",
    "VideoHold",
    "VideoSteps",
    "coarseness",
    "profile_for",
    "video_for",
]
