"""What each publisher sends: steering and the quality ladder.

Owns: the decision from estimates to send parameters (steering.py and its parts), the steps of voice, everything
about a picture (picture/), and the rung that people see. Must never measure anything: estimate/ and probe/ do.
"""

from media.core.quality import views
from media.core.quality.downlinkhold import STALE_AFTER_MS, DownlinkHold, HoldAction
from media.core.quality.held import Held
from media.core.quality.picture import GOOD_BPS, HOLD, NEXT_BPS, NEXT_LINK_BPS, VideoHold, VideoSteps
from media.core.quality.rungs import WARM_SIDE, RungReporter, Side, rung_of
from media.core.quality.steering import PACE_SHARE, Steering
from media.core.quality.views import (
    VIDEO_PREFERENCE,
    PublisherView,
    ReceiverView,
    common_codec,
    red_for_receiver,
)
from media.core.quality.voicehealth import SUFFERING_QUEUE_MS
from media.core.quality.voicesteps import WIDEST_VOICE_BPS

__all__ = [
    "GOOD_BPS",
    "HOLD",
    "NEXT_BPS",
    "NEXT_LINK_BPS",
    "PACE_SHARE",
    "STALE_AFTER_MS",
    "SUFFERING_QUEUE_MS",
    "VIDEO_PREFERENCE",
    "WARM_SIDE",
    "WIDEST_VOICE_BPS",
    "DownlinkHold",
    "Held",
    "HoldAction",
    "PublisherView",
    "ReceiverView",
    "RungReporter",
    "Side",
    "Steering",
    "VideoHold",
    "VideoSteps",
    "common_codec",
    "red_for_receiver",
    "rung_of",
    "views",
]
