"""The reports for people about one leg: the quality of its link, and its rungs.

Owns: when each report is due. Must never steer anything: these reports are for people.
"""

from __future__ import annotations

from dataclasses import replace

from media.core.estimate import LinkMeter
from media.core.parameters import LinkQuality, RungReport, VideoSend
from media.core.quality import RungReporter, Side
from media.engine.relay.rooms import Member

# People look at bars and need no faster updates; each message takes 200 bytes of a thin link.
LINK_REPORT_INTERVAL_MS = 5_000.0
# A packet within this time shows that the link works.
HEARD_WITHIN_MS = 250.0


class LegReports:
    """The reports of one leg. Its methods are called four times a second, and return a report when it is due."""

    def __init__(self, member: Member, meter: LinkMeter) -> None:
        self._member = member
        self._meter = meter
        self._rungs = RungReporter()
        self._reported: LinkQuality | None = None
        self._next_link_ms = 0.0

    def link(self, now_ms: float, probed_uplink_bps: float | None) -> LinkQuality | None:
        """The quality of the link; None if no report is due. A new level is due at once, the rest at intervals.

        ``probed_uplink_bps``: the rate of uplink probes, until the page itself reports its uplink.
        """
        member, meter = self._member, self._meter
        estimate = member.downlink.estimate
        meter.loss(max(estimate.loss_ratio, member.uplink.loss_ratio(now_ms)))
        if estimate.received_bps:  # before that the estimate is an assumption
            meter.rates(down_bps=estimate.estimate_bps)
        if probed_uplink_bps is not None:
            meter.rates(up_bps=probed_uplink_bps)
        if now_ms - member.leg.heard_at_s * 1000 < HEARD_WITHIN_MS:
            meter.heard(now_ms)
        quality, reported = meter.quality(now_ms), self._reported
        if reported is not None and quality.level == reported.level and now_ms < self._next_link_ms:
            return None
        if quality == reported:
            return None
        self._next_link_ms = now_ms + LINK_REPORT_INTERVAL_MS
        self._reported = quality
        return quality

    def rungs(self, now_ms: float) -> RungReport | None:
        """The rungs of the leg; None if no report is due."""
        member = self._member
        members = member.room.members if member.room is not None else []
        others = [self.as_shown(other) for other in members if other is not member]
        return self._rungs.report(member.side, others, now_ms)

    def as_shown(self, other: Member) -> Side:
        """The other leg's side, with the picture that this leg gets: at a lower copy, at most this link's rate."""
        downlink, sends = self._member.downlink, other.side.sends
        shown = [slot.video.source for slot in downlink.slots if slot.source_leg_id == other.leg.leg_id]
        if not shown or shown[0] is other.uplink.video:
            return other.side
        if shown[0] is None:
            video = VideoSend()
        elif shown[0] is other.uplink.low:
            video = sends.low
        else:
            copy_bps = min(sends.video.max_bitrate_bps, round(downlink.estimate.estimate_bps))
            video = replace(sends.video, max_bitrate_bps=copy_bps)
        return replace(other.side, sends=replace(sends, video=video))
