"""The state of one leg's uplink, and the view from which steering decides what the page sends.

Owns: the page's last report about its own sending, and combining reports, probes and round-trip times. Must never
decide anything: media/core/quality does.
"""

from __future__ import annotations

from dataclasses import dataclass

from media.core.estimate import RoundTrips
from media.core.parameters import SendParameters, VideoSend
from media.core.probe import UplinkProbe
from media.core.quality import SUFFERING_QUEUE_MS, PublisherView
from media.core.share import UplinkView
from media.engine.relay.control.choices import SAVE_DATA_BPS, LegChoices
from media.engine.relay.control.downlinkprobing import UNPROVEN_BPS, DownlinkProbing
from media.engine.relay.rooms import Member

# A thinner uplink never carries the smallest picture and a voice.
VOICE_ONLY_BPS = 24_000


@dataclass(frozen=True, slots=True)
class UplinkReport:
    """A page's report about its own sending.

    ``available_bps``: the uplink estimate of its congestion control (W3C availableOutgoingBitrate), on the wire,
    None where its browser (Firefox) does not report it; ``limited_by``: what limits its picture
    (RTCQualityLimitationReason); ``quantizer``: the quantizer of its encoder, on the codec's scale.
    """

    available_bps: int | None
    limited_by: str
    quantizer: int | None = None


class UplinkKnowledge:
    """One leg as a publisher."""

    def __init__(
        self,
        member: Member,
        choices: LegChoices,
        trips: RoundTrips,
        probe: UplinkProbe,
        downlink_probing: DownlinkProbing,
    ) -> None:
        self.report: UplinkReport | None = None
        self._member = member
        self._choices = choices
        self._trips = trips
        self._probe = probe
        self._downlink_probing = downlink_probing
        self._encodes = tuple(entry.codec.value for entry in member.leg.offer.own_video.formats)

    def reported(self, report: UplinkReport) -> None:
        """A report of the page has arrived."""
        self.report = report

    @property
    def reported_bps(self) -> int | None:
        """The uplink estimate of the page's congestion control; None before the first report of one."""
        return self.report.available_bps if self.report is not None else None

    @property
    def carries_only_voice(self) -> bool:
        """Whether the uplink is known to be too thin for any picture."""
        probed_bps = self._probe.bps
        return probed_bps is not None and probed_bps < VOICE_ONLY_BPS

    def queue_ms(self) -> float | None:
        """The queueing delay of voice on the uplink, as far as round-trip times confirm it."""
        member = self._member
        return self._trips.confirmed_queue_ms(
            member.uplink.audio.delay.queue_ms, member.downlink.estimate.queue_ms
        )

    def view(self, now_ms: float, low: VideoSend, *, collapsed: bool, still_asked: bool) -> PublisherView:
        """The leg as steering sees it; ``low`` is the small picture, which takes a part of the uplink.

        ``collapsed``: hardly any packets arrive any more; ``still_asked``: somebody waits for a still of this page.
        """
        uplink, report = self._member.uplink, self.report
        low_bps = low.max_bitrate_bps if low.active else 0
        low_received_bps = uplink.low.stats.rate_bps(now_ms) if uplink.low is not None else 0.0
        return PublisherView(
            uplink_received_bps=uplink.received_bps(now_ms) - low_received_bps,
            uplink_loss_ratio=uplink.loss_ratio(now_ms),
            uplink_video_received_bps=uplink.video.stats.rate_bps(now_ms),
            uplink_queue_ms=self.queue_ms(),
            uplink_collapsed=collapsed,
            rtt_ms=self._trips.rtt_ms,
            uplink_capacity_bps=SAVE_DATA_BPS - low_bps if self._choices.preferences.save_data else None,
            uplink_probed_bps=self._probed_bps(now_ms, low_bps),
            uplink_reported_bps=None if self.reported_bps is None else _less(self.reported_bps, low_bps),
            video_limited_by=report.limited_by if report is not None else None,
            video_quantizer=report.quantizer if report is not None else None,
            audio_muted=uplink.audio.muted,
            video_muted=uplink.video.muted,
            still_asked=still_asked,
            picture_vanishes=uplink.picture_vanishes(now_ms),
            codecs=self._encodes,
        )

    def _probed_bps(self, now_ms: float, low_bps: int) -> float | None:
        """The probed rate without the small picture; at the start of a call unproven rates are not trusted."""
        if self._probe.bps is not None:
            return _less(self._probe.bps, low_bps)
        return UNPROVEN_BPS if self._downlink_probing.begins(now_ms) else None

    def for_simulcast(self, now_ms: float, sends: SendParameters) -> UplinkView:
        """The rate of the uplink, for one picture or two; ``sends``: the page's parameters."""
        reported_bps = self.reported_bps
        video_reported_bps = None if reported_bps is None else reported_bps - sends.audio.max_bitrate_bps
        return UplinkView(self.known_bps(now_ms), video_reported_bps, sends.video.max_bitrate_bps)

    def known_bps(self, now_ms: float) -> float | None:
        """The uplink's known rate, for a second picture; None if unknown, strained, or if the person saves data."""
        if self._choices.preferences.save_data or (self.queue_ms() or 0.0) > SUFFERING_QUEUE_MS:
            return None
        report, probed_bps = self.report, self._probe.bps
        if report is not None and report.limited_by == "bandwidth":
            return report.available_bps
        if probed_bps is None and self._downlink_probing.begins(now_ms):
            return None
        known = [bps for bps in (probed_bps, self.reported_bps) if bps is not None]
        return max(known, default=None)


def _less(bps: float, taken_bps: float) -> float:
    """A rate without a part of it, not below zero."""
    return max(0.0, bps - taken_bps)
