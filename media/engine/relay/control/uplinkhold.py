"""Tells the page at once to hold its picture if its uplink is strained or has collapsed.

Owns: the time of the last collapse (media/core/estimate/arrivalrhythm.py detects it), and sending the order to hold
(media/core/quality/picture/videohold.py decides it). Must never wait for steering: signaling over a full link is
slow.
"""

from __future__ import annotations

from media.core.estimate import ArrivalRhythm
from media.core.parameters import SendParameters
from media.core.quality import HOLD, SUFFERING_QUEUE_MS, VideoHold
from media.core.repair import voice_wire_bps
from media.engine.relay.rooms import Member

# Assume at least 10 % of what was sent into a collapsed link arrives.
LEAST_ARRIVES = 0.1


class UplinkHold:
    """The hold of one uplink. Call `follow` and `tend` with each tick of a leg in a call."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._rhythm = ArrivalRhythm()
        self._video_hold = VideoHold()
        self._collapsed_ms: float | None = None

    def collapsed_within(self, window_ms: float, now_ms: float) -> bool:
        """Whether the uplink collapsed in the last ``window_ms``."""
        return self._collapsed_ms is not None and now_ms - self._collapsed_ms < window_ms

    def follow(self, now_ms: float, *, page_sends_video: bool) -> bool:
        """Whether hardly any packets arrive any more."""
        uplink = self._member.uplink
        stopped = self._rhythm.follow(now_ms, uplink.audio.stats.packets, uplink.picture_packets)
        if self._rhythm.collapsed and page_sends_video:
            self._collapsed_ms = now_ms
        return stopped

    def tend(self, now_ms: float, sends: SendParameters) -> None:
        """Order a page to hold its picture before it can have got new parameters; ``sends``: its parameters."""
        uplink = self._member.uplink
        if not sends.audio.active:
            return
        strained = (uplink.audio.delay.queue_ms or 0.0) > SUFFERING_QUEUE_MS
        uplink.rest_pictures(strained and not sends.video.active)
        if not strained:
            return  # forty times a second: what follows adds up
        # What was lost on a full uplink was sent all the same.
        sent_for_one = 1 / max(LEAST_ARRIVES, 1 - uplink.loss_ratio(now_ms))
        video_bps = uplink.pictures_bps(now_ms)
        if self._video_hold.due(
            now_ms,
            asked_bps=voice_wire_bps(sends.audio),
            wanted=sends.video.active,
            video_bps=video_bps,
            voice_bps=sent_for_one * (uplink.received_bps(now_ms) - video_bps),
            strained=strained,
        ):
            self._member.leg.send_unreliable(HOLD)
