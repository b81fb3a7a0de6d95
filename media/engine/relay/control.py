"""What keeps one leg's media in order over time: RTCP both ways, link measurement, and the call to steering.

Owns: the clock of feedback (feedback.py sends it), and the translation of RTCP that comes in. The decision what a
page sends is not here but in media/core/quality/steering.py, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from media.core.estimate import COLLAPSED_BPS, ArrivalRhythm, LinkMeter, RoundTrips
from media.core.parameters import AudioSend, LinkQuality, Preferences, RungReport, SendParameters, VideoSend
from media.core.probe import AGAIN, UplinkProbe
from media.core.quality import (
    HOLD,
    PACE_SHARE,
    SUFFERING_QUEUE_MS,
    PublisherView,
    ReceiverView,
    RungNews,
    Side,
    Steering,
    VideoHold,
    red_for_receiver,
)
from media.core.repair import NEAR_RTT_MS, PLAIN_VOICE_BPS, RED_VOICE_BPS, keyframe_spacing_ms, voice_wire_bps
from media.core.rtp import rtcp
from media.core.share import VOICES_HEARD, LoudestVoices, UplinkView, too_many_voices, with_layers
from media.core.stills import MAX_BPS, BackgroundRate, chunk_bytes_at
from media.engine.relay.downprobe import UNPROVEN_BPS, DownProbe
from media.engine.relay.feedback import FeedbackSender
from media.engine.relay.rooms import Member
from media.engine.relay.uplink import InboundStream

STEERING_INTERVAL_MS = 250.0
# People look at bars, not at oscilloscopes; each message costs the thin link 200 bytes.
LINK_NEWS_INTERVAL_MS = 5_000.0
# Whoever saves data gets voice and a small picture: at most 29 MB an hour each way.
SAVE_DATA_BPS = 64_000
# Of what live media leave free, stills take so much: the rest is for what was not foreseen.
STILLS_SHARE = 0.6
# Under this the page's feedback on every packet of voice would take a twentieth of its way up and more.
SPARSE_FEEDBACK_BPS = 40_000
SPARSE_FEEDBACK_MS = 1_000.0
# Of what was sent into a collapsed link so much arrives at least, or nothing can be told.
LEAST_ARRIVES = 0.1
# A way up of less never carries the smallest picture beside a voice.
VOICE_ONLY_BPS = 24_000
# Of a way down whose way up has just collapsed nothing is told: so long a voice for 2G is sent there, until
# silence, or an answer, tells more.
BOTH_WAYS_MS = 1_500.0
# Under this queue a loss on the way up was the radio's, not a full link's.
CALM_QUEUE_MS = 60.0
NO_LOW = VideoSend()


class LegControl:
    """The periodic work of one leg. All times are ms on the monotonic clock."""

    def __init__(self, member: Member, feedback_ssrc: int) -> None:
        self.member = member
        self.steering = Steering()
        self.meter = LinkMeter()
        self.trips = RoundTrips()
        self.preferences = Preferences()
        self.sends_stills = False
        self.still_asked = False
        self._camera_off = False
        self._rung_news = RungNews()
        self._stills_down = BackgroundRate()
        self._stills_up = BackgroundRate()
        self.feedback = FeedbackSender(member, feedback_ssrc)
        member.uplink.on_gap = self._gap_found
        offer = member.leg.offer
        self._encodes = tuple(entry.codec.value for entry in offer.own_video.formats)
        self._decodes = tuple(entry.codec.value for entry in offer.slots[0].video.formats)
        self._next_steering_ms = 0.0
        self._next_news_ms = 0.0
        self.down_probe = DownProbe(member)
        self.probe = UplinkProbe()
        self._video_hold = VideoHold()
        self._rhythm = ArrivalRhythm()
        self._collapsed_ms: float | None = None
        self._reported: tuple[int, str, float] | None = None
        self._quantizer: int | None = None
        self._sent: SendParameters | None = None
        self._told: LinkQuality | None = None

    @property
    def rtt_ms(self) -> float:
        """The round trip of this leg, smoothed."""
        return self.trips.rtt_ms

    # What the participant chooses ----------------------------------------------------------------------

    def switch_off(self, *, audio: bool, video: bool) -> None:
        """The page has switched microphone or camera off, or on again."""
        self.member.uplink.audio.muted = audio
        self._camera_off = video
        self.member.uplink.mute_pictures(video or self.preferences.audio_only)

    def prefer(self, preferences: Preferences) -> None:
        """The participant's choice for this leg; audio only takes the picture out of both directions."""
        self.preferences = preferences
        self.member.uplink.mute_pictures(self._camera_off or preferences.audio_only)
        if self.member.wants_video == preferences.audio_only:
            self.member.wants_video = not preferences.audio_only
            if self.member.room is not None:
                self.member.room.watch(self.member)

    # RTCP in -------------------------------------------------------------------------------------------

    def rtcp_arrived(self, packets: Sequence[rtcp.RtcpPacket], now_ms: float) -> None:
        """What the page says about what it receives, and about what it sends."""
        downlink = self.member.downlink
        for packet in packets:
            match packet:
                case rtcp.TransportFeedback():
                    results = downlink.twcc.on_feedback(packet, int(now_ms * 1000))
                    if downlink.twcc.rtt_ms is not None:
                        self.trips.fed_back(downlink.twcc.rtt_ms, now_ms)
                    downlink.estimate.on_results(results, now_ms)
                    downlink.pacer.set_rate(PACE_SHARE * downlink.estimate.estimate_bps, now_ms)
                case rtcp.SenderReport():
                    self.member.uplink.sender_report(packet, now_ms)
                    self._blocks_arrived(packet.blocks, now_ms)
                case rtcp.ReceiverReport():
                    self._blocks_arrived(packet.blocks, now_ms)
                case rtcp.Nack():
                    out = downlink.by_ssrc.get(packet.media_ssrc)
                    if out is not None:
                        out.resend(packet.lost, now_ms, self.rtt_ms)
                case rtcp.Pli():
                    self._keyframe_wanted(packet.media_ssrc, now_ms)
                case rtcp.Fir():
                    for ssrc, _ in packet.entries:
                        self._keyframe_wanted(ssrc, now_ms)
                case _:
                    pass  # SDES, BYE, REMB, XR: nothing that we act on

    def _blocks_arrived(self, blocks: Sequence[rtcp.ReportBlock], now_ms: float) -> None:
        downlink = self.member.downlink
        for block in blocks:
            out = downlink.by_ssrc.get(block.ssrc)
            if out is None:
                continue
            rtt_ms = out.reports.on_block(block, now_ms)
            if rtt_ms is not None:
                self.round_trip(rtt_ms, now_ms)
            # Each piece of a picture is numbered, so its loss is known already; and one that comes back is told to
            # have lost what was lost when it went.
            counts = out.kind == "audio" or not downlink.twcc_id
            downlink.estimate.on_report_block(block.fraction_lost / 256 if counts else None, rtt_ms)

    def _keyframe_wanted(self, ssrc: int, now_ms: float) -> None:
        out = self.member.downlink.by_ssrc.get(ssrc)
        if out is not None and out.kind == "video" and out.source is not None:
            out.source.keyframes.want(now_ms)

    def round_trip(self, rtt_ms: float | None, now_ms: float) -> None:
        """A measured round trip of this leg; None for a check that was never answered."""
        if rtt_ms is None:
            return  # the meter notices silence by itself
        self.trips.measured(rtt_ms, now_ms)
        self.meter.rtt(rtt_ms, now_ms)
        self.meter.heard(now_ms)

    def _up_queue_ms(self) -> float | None:
        """How long voice waits on its way up, as far as round trips bear it out."""
        member = self.member
        return self.trips.confirmed_queue_ms(
            member.uplink.audio.delay.queue_ms, member.downlink.estimate.queue_ms
        )

    # RTCP out ------------------------------------------------------------------------------------------

    def tick(self, now_ms: float) -> None:
        """Send whatever feedback is due."""
        member, rtt_ms = self.member, self.trips.rtt_ms
        leg, uplink, in_call = member.leg, member.uplink, member.room is not None
        uplink.tend(now_ms, rtt_ms)
        if not leg.may_send:
            return
        sends_video = self._sent is not None and self._sent.video.active
        up_queue_ms = uplink.audio.delay.queue_ms
        uplink.twcc.conceals_loss = up_queue_ms is not None and up_queue_ms < CALM_QUEUE_MS
        uplink.twcc.rests = in_call and not sends_video and self._carries_only_voice
        self.feedback.tick(now_ms, rtt_ms, page_sends_video=sends_video)
        if in_call:
            stopped = self._rhythm.follow(now_ms, uplink.audio.stats.packets, uplink.picture_packets)
            if self._rhythm.collapsed and sends_video:
                self._collapsed_ms = now_ms
            member.downlink.tend(now_ms, stopped=stopped)
            self._hold_video(now_ms)
            if now_ms >= self._next_steering_ms:  # what it looks at changes no faster
                self._notice_silence(now_ms)
                self.down_probe.tend_call(now_ms)
                if not sends_video and self.probe.asks_again(now_ms):
                    leg.send_unreliable(AGAIN)
        else:
            self.down_probe.tend_warm(now_ms)

    @property
    def _carries_only_voice(self) -> bool:
        """Whether the way up is known to be too thin for any picture."""
        up_bps = self.probe.bps
        return up_bps is not None and up_bps < VOICE_ONLY_BPS

    def _gap_found(self, picture: InboundStream, now_ms: float) -> None:
        # On a full way up a repeat is one packet more before the voice, and need not come sooner.
        calm = self.member.uplink.twcc.conceals_loss
        if calm and self.rtt_ms <= NEAR_RTT_MS and self.member.leg.may_send:
            self.feedback.ask_again(picture, now_ms, self.rtt_ms)

    def _hold_video(self, now_ms: float) -> None:
        """Stop what a page sends that cannot have heard yet that it shall send little."""
        uplink = self.member.uplink
        if self._sent is None or not self._sent.audio.active:
            return
        strained = (uplink.audio.delay.queue_ms or 0.0) > SUFFERING_QUEUE_MS
        for picture in uplink.pictures:
            picture.rests = strained and not self._sent.video.active
        if not strained:
            return  # forty times a second: what follows adds up
        # What was lost on a full way up was sent all the same.
        sent_for_one = 1 / max(LEAST_ARRIVES, 1 - uplink.loss_ratio(now_ms))
        video_bps = uplink.pictures_bps(now_ms)
        if self._video_hold.due(
            now_ms,
            asked_bps=voice_wire_bps(self._sent.audio),
            wanted=self._sent.video.active,
            video_bps=video_bps,
            voice_bps=sent_for_one * (uplink.received_bps(now_ms) - video_bps),
            strained=strained,
        ):
            self.member.leg.send_unreliable(HOLD)

    def _notice_silence(self, now_ms: float) -> None:
        """A page that tells nothing of what it gets is sent no more than a voice."""
        downlink = self.member.downlink
        before_bps = downlink.estimate.estimate_bps
        downlink.estimate.on_silence(downlink.silent_ms(now_ms))
        if downlink.estimate.estimate_bps < before_bps:
            downlink.pacer.set_rate(PACE_SHARE * downlink.estimate.estimate_bps, now_ms)

    def joined(self, now_ms: float) -> None:
        """Media begins."""
        self.feedback.joined(now_ms)
        self.down_probe.joined(now_ms)

    # Steering ------------------------------------------------------------------------------------------

    def steering_due(self, now_ms: float) -> bool:
        """Whether the quarter of a second is over."""
        if now_ms < self._next_steering_ms:
            return False
        self._next_steering_ms = now_ms + STEERING_INTERVAL_MS
        return True

    def receiver_view(self, now_ms: float) -> ReceiverView:
        """This leg as one that receives."""
        downlink = self.member.downlink
        estimate = downlink.estimate
        extra_bps = 0
        voices = [slot.audio for slot in downlink.slots if slot.audio.active]
        if downlink.voices is not None:
            voices = voices[:VOICES_HEARD]  # whoever they are just now
        if voices:
            total_bps = sum(RED_VOICE_BPS if out.use_red else PLAIN_VOICE_BPS for out in voices)
            # One plain voice is the publisher's own, which steering counts.
            extra_bps = total_bps - PLAIN_VOICE_BPS
        estimate_bps = self.down_probe.trusted_bps()
        if self._collapsed_ms is not None and now_ms - self._collapsed_ms < BOTH_WAYS_MS:
            estimate_bps = min(estimate_bps, COLLAPSED_BPS)
        return ReceiverView(
            estimate_bps=self._held(estimate_bps),
            loss_ratio=estimate.loss_ratio,
            queue_ms=estimate.queue_ms,  # voice does not wait in our own pacer
            rtt_ms=self.rtt_ms,
            wants_video=self.member.wants_video,
            codecs=self._decodes,
            audio_overhead_bps=extra_bps,
            profile=self.preferences.profile,
            probed=bool(downlink.twcc_id),
        )

    def _held(self, estimate_bps: float) -> float:
        return min(estimate_bps, SAVE_DATA_BPS) if self.preferences.save_data else estimate_bps

    def choose_voices(self) -> None:
        """Begin to hear the loudest two only, or all again, as the link carries."""
        downlink = self.member.downlink
        voices = sum(slot.audio.active for slot in downlink.slots)
        was_on = downlink.voices is not None
        estimate_bps = self._held(downlink.estimate.estimate_bps)
        crowded = too_many_voices(estimate_bps, voices, PLAIN_VOICE_BPS, was_on=was_on)
        if crowded == was_on:
            return
        downlink.voices = LoudestVoices() if crowded else None
        room = self.member.room
        if crowded and room is not None:
            for other in room.members:  # before the next word of anybody
                other.uplink.audio.measures_level = True

    def switch_redundancy(self, now_ms: float) -> None:
        """Turn RED towards this leg on or off, as its losses and its room say."""
        view = self.receiver_view(now_ms)
        for out in self.member.downlink.by_ssrc.values():
            if out.red is not None:
                out.use_red = red_for_receiver(view, was_on=out.use_red)

    def thin_out_feedback(self, now_ms: float) -> None:
        """Have the page tell less of what it receives while that is voice alone and its link is thin."""
        downlink = self.member.downlink
        link_bps = min(downlink.estimate.estimate_bps, self.probe.bps or downlink.estimate.estimate_bps)
        pictures = any(
            slot.video.source is not None and slot.video.source.stats.rate_bps(now_ms)
            for slot in downlink.slots
        )
        sparse = link_bps < SPARSE_FEEDBACK_BPS and not pictures
        downlink.voice_stamp_spacing_ms = SPARSE_FEEDBACK_MS if sparse else 0.0

    def steer(
        self,
        receivers: Sequence[ReceiverView],
        now_ms: float,
        scalability_mode: str | None = None,
        low: VideoSend = NO_LOW,
    ) -> SendParameters | None:
        """What this leg's page shall send, if that has changed; ``low``: its picture once more, while it sends any.

        The large picture is steered by what the small one leaves of the way up.
        """
        uplink = self.member.uplink
        low_bps = low.max_bitrate_bps if low.active else 0
        low_received_bps = uplink.low.stats.rate_bps(now_ms) if uplink.low is not None else 0.0
        view = PublisherView(
            uplink_received_bps=uplink.received_bps(now_ms) - low_received_bps,
            uplink_loss_ratio=uplink.loss_ratio(now_ms),
            uplink_video_received_bps=uplink.video.stats.rate_bps(now_ms),
            uplink_queue_ms=self._up_queue_ms(),
            uplink_collapsed=self._collapsed_ms is not None
            and now_ms - self._collapsed_ms < STEERING_INTERVAL_MS,
            rtt_ms=self.rtt_ms,
            uplink_capacity_bps=SAVE_DATA_BPS - low_bps if self.preferences.save_data else None,
            uplink_probed_bps=UNPROVEN_BPS
            if self.probe.bps is None and self.down_probe.begins(now_ms)
            else _less(self.probe.bps, low_bps),
            uplink_reported_bps=_less(self._reported[0], low_bps) if self._reported else None,
            video_limited_by=self._reported[1] if self._reported else None,
            video_quantizer=self._quantizer,
            audio_muted=uplink.audio.muted,
            video_muted=uplink.video.muted,
            still_asked=self.still_asked,
            codecs=self._encodes,
        )
        parameters = self._with_level(self.steering.decide(now_ms, view, receivers))
        uplink.video.held_back = self.steering.holds_back
        parameters = with_layers(parameters, scalability_mode)
        if low.active and parameters.video.active:
            parameters = replace(parameters, low=low)
        self._space_keyframes(parameters)
        if parameters == self._sent:
            return None
        self._sent = parameters
        return parameters

    def uplink_view(self, now_ms: float) -> UplinkView:
        """What the way up carries, for one picture or two."""
        sent = self._sent or SendParameters()
        video_reported_bps = self._reported[0] - sent.audio.max_bitrate_bps if self._reported else None
        return UplinkView(self._known_up_bps(now_ms), video_reported_bps, sent.video.max_bitrate_bps)

    def _known_up_bps(self, now_ms: float) -> float | None:
        """What it surely carries beyond one picture; None while that is not known, or it is strained."""
        if self.preferences.save_data or (self._up_queue_ms() or 0.0) > SUFFERING_QUEUE_MS:
            return None
        reported_bps, limited_by = self._reported[:2] if self._reported else (None, None)
        if limited_by == "bandwidth":
            return reported_bps
        if self.probe.bps is None and self.down_probe.begins(now_ms):
            return None
        return max((bps for bps in (self.probe.bps, reported_bps) if bps is not None), default=None)

    def _space_keyframes(self, parameters: SendParameters) -> None:
        uplink = self.member.uplink
        if uplink.low is not None:
            if parameters.low.active:
                uplink.low.keyframes.spacing_ms = keyframe_spacing_ms(parameters.low.max_bitrate_bps)
            else:
                uplink.low.keyframes.cancel()
        if parameters.video.active:
            uplink.video.keyframes.spacing_ms = keyframe_spacing_ms(parameters.video.max_bitrate_bps)
        else:
            uplink.video.keyframes.cancel()

    def _with_level(self, parameters: SendParameters) -> SendParameters:
        """Asks for audio levels where somebody in the room can hear only the loudest."""
        member = self.member
        others = member.room.members if member.room is not None else []
        chosen_from = any(other.downlink.voices is not None for other in others if other is not member)
        member.uplink.audio.measures_level = chosen_from
        if not chosen_from or not parameters.audio.active:
            return parameters
        return replace(parameters, audio=replace(parameters.audio, level=True))

    def sending_reported(
        self, available_bps: int, limited_by: str, now_ms: float, quantizer: int | None = None
    ) -> None:
        """The page's congestion control has a new opinion of the way up, or its encoder another quantizer."""
        self._reported = (available_bps, limited_by, now_ms)
        self._quantizer = quantizer
        self.meter.rates(up_bps=available_bps)

    def link_news(self, now_ms: float) -> LinkQuality | None:
        """A judgement of the link worth telling: at once when the level changes, else now and then."""
        estimate = self.member.downlink.estimate
        self.meter.loss(max(estimate.loss_ratio, self.member.uplink.loss_ratio(now_ms)))
        if estimate.received_bps:  # before that the estimate is an assumption
            self.meter.rates(down_bps=estimate.estimate_bps)
        if self.probe.bps is not None and self._reported is None:
            self.meter.rates(up_bps=self.probe.bps)
        if now_ms - self.member.leg.heard_at_s * 1000 < STEERING_INTERVAL_MS:
            self.meter.heard(now_ms)
        quality = self.meter.quality(now_ms)
        if self._told is not None and quality.level == self._told.level and now_ms < self._next_news_ms:
            return None
        if quality == self._told:
            return None
        self._next_news_ms = now_ms + LINK_NEWS_INTERVAL_MS
        self._told = quality
        return quality

    def rung_report(self, now_ms: float) -> RungReport | None:
        """Where this leg stands on the ladder, if that is news; also brings the others' view of it up to date."""
        downlink, member = self.member.downlink, self.member
        member.side = Side(
            sends=self._sent or SendParameters(),
            preferences=self.preferences,
            camera_off=self._camera_off,
            wants_video=member.wants_video,
            stills=self.sends_stills,
            uplink_bps=self._reported[0] if self._reported else None,
            # Before anything came back the estimate is an assumption.
            downlink_bps=downlink.estimate.estimate_bps if downlink.estimate.received_bps else None,
        )
        others = (
            [self._as_shown(other) for other in member.room.members if other is not member]
            if member.room
            else []
        )
        return self._rung_news.report(member.side, others, now_ms)

    # Stills --------------------------------------------------------------------------------------------

    def stills_budget_bps(self, now_ms: float) -> float:
        """What stills may take of the way down now, on the wire. Asked four times a second while any go."""
        estimate = self.member.downlink.estimate
        live_bps = 0.0
        for out in self.member.downlink.by_ssrc.values():
            if out.source is None:
                continue
            if out.kind == "audio":
                live_bps += voice_wire_bps(AudioSend(red=out.use_red))
            elif not out.source.muted:
                live_bps += out.source.stats.rate_bps(now_ms)
        free_bps = self._held(estimate.estimate_bps) - live_bps
        return self._stills_down.update(
            estimate.queue_ms, self.rtt_ms, now_ms, used=True, ceiling_bps=STILLS_SHARE * free_bps
        )

    def stills_up_budget_bps(self, now_ms: float) -> float:
        """What stills may take of the way up now, on the wire. Asked four times a second while any come."""
        uplink = self.member.uplink
        ceiling_bps: float = SAVE_DATA_BPS if self.preferences.save_data else MAX_BPS
        if self.probe.bps is not None and self._sent is not None:
            voice_bps = voice_wire_bps(self._sent.audio) + uplink.pictures_bps(now_ms)
            ceiling_bps = min(ceiling_bps, STILLS_SHARE * (self.probe.bps - voice_bps))
        # What the page believes of its way up is kept fresh only while it sends video.
        if self._reported is not None and self._sent is not None and self._sent.video.active:
            free_bps = self._reported[0] - voice_wire_bps(self._sent.audio) - uplink.pictures_bps(now_ms)
            ceiling_bps = min(ceiling_bps, STILLS_SHARE * free_bps)
        return self._stills_up.update(
            uplink.audio.delay.queue_ms or 0.0, self.rtt_ms, now_ms, used=True, ceiling_bps=ceiling_bps
        )

    def still_chunk_bytes(self, now_ms: float, *, up_bps: float | None = None) -> int:
        """How large a piece of a still may stand in front of a voice packet: down, or up where it goes at `up_bps`.

        Of the way up only that is known for sure which comes through it.
        """
        if up_bps is None:
            return chunk_bytes_at(self.member.downlink.estimate.estimate_bps)
        return chunk_bytes_at(self.member.uplink.received_bps(now_ms) + up_bps)

    def _as_shown(self, other: Member) -> Side:
        """The other's side; where we are shown a lower copy, its picture is no more than our link takes."""
        shown = [
            slot.video.source for slot in self.member.downlink.slots if slot.source_leg_id == other.leg.leg_id
        ]
        if not shown or shown[0] is other.uplink.video:
            return other.side
        if shown[0] is None:
            return replace(other.side, sends=replace(other.side.sends, video=VideoSend()))
        video = other.side.sends.video
        if shown[0] is other.uplink.low:
            return replace(other.side, sends=replace(other.side.sends, video=other.side.sends.low))
        copy_bps = min(video.max_bitrate_bps, round(self.member.downlink.estimate.estimate_bps))
        sends = replace(other.side.sends, video=replace(video, max_bitrate_bps=copy_bps))
        return replace(other.side, sends=sends)


def _less(bps: float | None, taken_bps: float) -> float | None:
    """What is left of a rate, if that is known."""
    return None if bps is None else max(0.0, bps - taken_bps)
