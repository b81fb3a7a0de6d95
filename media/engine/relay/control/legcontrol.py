"""The periodic work of one leg, and the values that its parts pass to each other.

Owns: the order of the parts within a tick and within a step of steering, and the parameters that the page got last.
media/engine/rounds.py and turns.py decide when a leg has its turn. The parts do not know each other.
media/core/quality/steering.py decides bitrates and rungs; this module adds only layers, the low picture and audio
levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from media.core.estimate import LinkMeter, RoundTrips
from media.core.parameters import LinkQuality, RungReport, SendParameters, VideoSend
from media.core.probe import AGAIN, UplinkProbe
from media.core.quality import ReceiverView, Side, Steering
from media.core.repair import NEAR_RTT_MS
from media.core.share import UplinkView, with_layers
from media.engine.relay.control.choices import LegChoices
from media.engine.relay.control.downlinkknowledge import DownlinkKnowledge
from media.engine.relay.control.downlinkprobing import DownlinkProbing
from media.engine.relay.control.downlinkvoices import DownlinkVoices
from media.engine.relay.control.feedback import FeedbackSender
from media.engine.relay.control.legreports import LegReports
from media.engine.relay.control.rtcprouter import RtcpRouter
from media.engine.relay.control.stillsbudget import StillPace, StillsBudget
from media.engine.relay.control.uplinkhold import UplinkHold
from media.engine.relay.control.uplinkknowledge import UplinkKnowledge, UplinkReport
from media.engine.relay.inbound import InboundStream
from media.engine.relay.rooms import Member

STEERING_INTERVAL_MS = 250.0
# After an uplink collapse no feedback about the downlink can arrive: treat the downlink as collapsed too for
# this long, until silence or a report shows more.
ASSUME_BOTH_COLLAPSED_MS = 1_500.0
NOTHING = SendParameters()
NO_LOW = VideoSend()


class LegControl:
    """The parts of one leg. All times are ms on the monotonic clock; the engine's turns set ``sends_stills`` and
    ``still_asked``.
    """

    def __init__(self, member: Member, feedback_ssrc: int) -> None:
        self.member = member
        self.sends_stills = False
        self.still_asked = False
        self.choices = LegChoices(member)
        self.steering = Steering()
        self.uplink_probe = UplinkProbe()
        self.feedback = FeedbackSender(member, feedback_ssrc)
        self._meter = LinkMeter()
        self._trips = RoundTrips()
        self._downlink_probing = DownlinkProbing(member)
        self._hold = UplinkHold(member)
        self.rtcp = RtcpRouter(member, self._trips, self.round_trip)
        self.uplink = UplinkKnowledge(
            member, self.choices, self._trips, self.uplink_probe, self._downlink_probing
        )
        self._downlink = DownlinkKnowledge(member, self.choices, self._trips, self._downlink_probing)
        self._voices = DownlinkVoices(member)
        self._stills = StillsBudget(member, self.choices, self._trips)
        self.reports = LegReports(member, self._meter)
        self._next_steering_ms = 0.0
        self._sent: SendParameters | None = None
        member.uplink.on_gap(self._gap_found)

    @property
    def rtt_ms(self) -> float:
        """The round-trip time of this leg, smoothed."""
        return self._trips.rtt_ms

    # Measurements --------------------------------------------------------------------------------------

    def round_trip(self, rtt_ms: float | None, now_ms: float) -> None:
        """A round-trip time of this leg was measured; None for a check without an answer."""
        if rtt_ms is None:
            return  # the meter notices silence by itself
        self._trips.measured(rtt_ms, now_ms)
        self._meter.rtt(rtt_ms, now_ms)
        self._meter.heard(now_ms)

    def sending_reported(self, report: UplinkReport) -> None:
        """The page reports a new estimate of its uplink, or another quantizer of its encoder."""
        self.uplink.reported(report)
        if report.available_bps is not None:
            self._meter.rates(up_bps=report.available_bps)

    def joined(self, now_ms: float) -> None:
        """The leg has joined a room."""
        self.feedback.joined(now_ms)
        self._downlink_probing.joined(now_ms)

    def _gap_found(self, picture: InboundStream, now_ms: float) -> None:
        # On a full uplink a retransmission delays voice, so the NACK waits for the next tick.
        near = self.rtt_ms <= NEAR_RTT_MS
        if self.member.uplink.is_calm and near and self.member.leg.may_send:
            self.feedback.ask_again(picture, now_ms, self.rtt_ms)

    # Each tick -----------------------------------------------------------------------------------------

    def tick(self, now_ms: float) -> None:
        """Send whatever is due."""
        member, rtt_ms = self.member, self._trips.rtt_ms
        in_call = member.room is not None
        member.uplink.tend(now_ms, rtt_ms)
        if not member.leg.may_send:
            return
        sends = self._sent or NOTHING
        only_voice = not sends.video.active and self.uplink.carries_only_voice
        member.uplink.shape_feedback(rests=in_call and only_voice)
        self.feedback.tick(now_ms, rtt_ms, page_sends_video=sends.video.active)
        if in_call:
            self._tick_in_call(now_ms, sends)
        else:
            self._downlink_probing.tend_warm(now_ms)

    def _tick_in_call(self, now_ms: float, sends: SendParameters) -> None:
        downlink, sends_video = self.member.downlink, sends.video.active
        stopped = self._hold.follow(now_ms, page_sends_video=sends_video)
        downlink.tend(now_ms, stopped=stopped)
        self._hold.tend(now_ms, sends)
        if (
            now_ms >= self._next_steering_ms
        ):  # once per steering interval; the tick comes before `steering_due`
            downlink.notice_silence(now_ms)
            self._downlink_probing.tend_call(now_ms)
            if not sends_video and self.uplink_probe.asks_again(now_ms):
                self.member.leg.send_unreliable(AGAIN)

    # Each turn of steering -----------------------------------------------------------------------------

    def steering_due(self, now_ms: float) -> bool:
        """Whether the steering interval of a quarter of a second is over."""
        if now_ms < self._next_steering_ms:
            return False
        self._next_steering_ms = now_ms + STEERING_INTERVAL_MS
        return True

    def receiver_view(self, now_ms: float) -> ReceiverView:
        """This leg as a receiver."""
        return self._downlink.view(collapsed=self._hold.collapsed_within(ASSUME_BOTH_COLLAPSED_MS, now_ms))

    def choose_voices(self) -> None:
        """Forward only the loudest voices, or all, depending on the link."""
        self._voices.choose(self._downlink.usable_bps)

    def switch_redundancy(self, now_ms: float) -> None:
        """Turn RED to this leg on or off."""
        self._voices.switch_redundancy(self.receiver_view(now_ms))

    def set_feedback_interval(self, now_ms: float) -> None:
        """Set how often the page reports, depending on its link."""
        self._voices.set_feedback_interval(self.uplink_probe.bps, now_ms)

    def uplink_view(self, now_ms: float) -> UplinkView:
        """The rate of the uplink, for one picture or two."""
        return self.uplink.for_simulcast(now_ms, self._sent or NOTHING)

    def steer(
        self,
        receivers: Sequence[ReceiverView],
        now_ms: float,
        scalability_mode: str | None = None,
        low: VideoSend = NO_LOW,
    ) -> SendParameters | None:
        """The parameters that this leg's page sends with, if they have changed; otherwise None.

        ``low``: the small picture of simulcast, if active. Steering gives the large picture the rest of the uplink.
        """
        uplink = self.member.uplink
        collapsed = self._hold.collapsed_within(STEERING_INTERVAL_MS, now_ms)
        view = self.uplink.view(now_ms, low, collapsed=collapsed, still_asked=self.still_asked)
        parameters = self._with_level(self.steering.decide(now_ms, view, receivers))
        uplink.hold_back(self.steering.holds_back)
        parameters = with_layers(parameters, scalability_mode)
        if low.active and parameters.video.active:
            parameters = replace(parameters, low=low)
        uplink.expect(parameters)
        if parameters == self._sent:
            return None
        self._sent = parameters
        return parameters

    def _with_level(self, parameters: SendParameters) -> SendParameters:
        """Ask for audio levels if a leg in the room gets only the loudest voices."""
        member = self.member
        others = member.room.members if member.room is not None else []
        chosen_from = any(other.downlink.voices is not None for other in others if other is not member)
        member.uplink.measure_level(chosen_from)
        if not chosen_from or not parameters.audio.active:
            return parameters
        return replace(parameters, audio=replace(parameters.audio, level=True))

    # Stills and reports, after steering ----------------------------------------------------------------

    def stills_down(self, now_ms: float) -> StillPace:
        """The rate of stills to the page now."""
        return self._stills.down(now_ms)

    def stills_up(self, now_ms: float) -> StillPace:
        """The rate of stills from the page now."""
        return self._stills.up(
            now_ms,
            self._sent,
            probed_bps=self.uplink_probe.bps,
            reported_bps=self.uplink.reported_bps,
        )

    def link_report(self, now_ms: float) -> LinkQuality | None:
        """The quality of the link, if a report is due."""
        probed_bps = self.uplink_probe.bps if self.uplink.reported_bps is None else None
        return self.reports.link(now_ms, probed_bps)

    def rung_report(self, now_ms: float) -> RungReport | None:
        """The rungs of this leg, if a report is due; it also updates the others' view of this leg."""
        estimate, member = self.member.downlink.estimate, self.member
        member.side = Side(
            sends=self._sent or NOTHING,
            preferences=self.choices.preferences,
            camera_off=self.choices.camera_off,
            wants_video=member.wants_video,
            stills=self.sends_stills,
            uplink_bps=self.uplink.reported_bps,
            # Before anything came back the estimate is an assumption.
            downlink_bps=estimate.estimate_bps if estimate.received_bps else None,
        )
        return self.reports.rungs(now_ms)
