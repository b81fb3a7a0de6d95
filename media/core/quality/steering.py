"""Decides what each publisher sends: bitrates, packet time, size of the picture, and stills. No other module does.

                 uplink and downlinks of one publisher (views.py)
                      │                              │
        voicehealth.py, voicesteps.py       room that voice leaves, uplinkcapacity.py
          packet time, bitrate, RED                  │
                      │              picture/: life (flows or not), ceiling (of an unknown uplink),
                      │              plateau (bits worth spending), steps (hysteresis), still rhythm
                      └───────────── SendParameters ─┘

Owns: the step from the rates of a publisher's uplink and its receivers' downlinks to `SendParameters`: voice first,
then a picture in the room that voice leaves. It combines the health (voicehealth.py) and shape (voicesteps.py) of
voice, the rate of the uplink (uplinkcapacity.py) and the parts of a picture (picture/). The browser's congestion
control follows the uplink; steering sets its upper bound. Must never send or measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from media.core.parameters import AudioSend, SendParameters
from media.core.quality.picture import (
    FINE,
    LifeView,
    PictureLife,
    Plateau,
    StillRhythm,
    UplinkCeiling,
    VideoSteps,
    coarseness,
    profile_for,
    video_for,
)
from media.core.quality.uplinkcapacity import UplinkCapacity
from media.core.quality.views import PublisherView, ReceiverView, common_codec
from media.core.quality.voicehealth import VoiceHealth
from media.core.quality.voicesteps import VoiceRedundancy, VoiceSteps
from media.core.repair import voice_wire_bps

# The share of a link that is used. An encoder overshoots, a keyframe is a second of picture at once, and an
# estimate that is too high causes a queue before the voice (on the downlink the pacer prevents that). With a much
# lower share the estimate would never be used enough to grow.
PACE_SHARE = 0.9
# If the page's own estimate exceeds the measured one, the uplink may have become wider: try this much more.
UPLINK_REACH = 1.2
# Reports, feedback, ICE checks and signaling beside the media, as counted in the lab on 2G links.
OVERHEAD_BPS = 3_000.0
# In less room than this a requested still gets all of it, because beside video it would take minutes. In more room,
# video keeps a share.
STILL_ALONE_BPS = 100_000.0
VIDEO_SHARE_BESIDE_STILL = 0.5


class Steering:
    """What one publisher shall send; call `decide` two to five times a second."""

    def __init__(self) -> None:
        self._flow: _Flow | None = None

    @property
    def holds_back(self) -> bool:
        """Whether the picture stays smaller only because no probe has shown that the links carry a larger one."""
        return self._flow is not None and self._flow.holds_back

    def decide(
        self, now_ms: float, publisher: PublisherView, receivers: Sequence[ReceiverView]
    ) -> SendParameters:
        """What to send from now on: equal to the last answer until something relevant changes."""
        if not receivers:
            self._flow = None  # a warm leg sends no media, so everything measured in a call becomes stale
            return SendParameters()
        if self._flow is None:
            self._flow = _Flow(now_ms)
        return self._flow.decide(now_ms, publisher, receivers)


class _Flow:
    """One publisher's media, from the first receiver on until there is none."""

    def __init__(self, now_ms: float) -> None:
        self._audio = AudioSend(active=True)
        self._health = VoiceHealth(now_ms)
        self._voice = VoiceSteps()
        self._redundancy = VoiceRedundancy(now_ms)
        self._uplink = UplinkCapacity()
        self._life = PictureLife(now_ms)
        self._ceiling = UplinkCeiling()
        self._plateau = Plateau()
        self._steps = VideoSteps()
        self._rhythm = StillRhythm()

    @property
    def holds_back(self) -> bool:
        """Whether a flowing picture stays smaller only because no probe has shown that the links carry more."""
        return self._life.flows and self._plateau.holds_back

    def decide(
        self, now_ms: float, publisher: PublisherView, receivers: Sequence[ReceiverView]
    ) -> SendParameters:
        watching = [receiver for receiver in receivers if receiver.wants_video]
        self._life.pass_time(now_ms)
        video, trial = self._life.flows, self._life.on_trial
        self._health.follow(now_ms, publisher, watching or receivers, video=video, trial=trial)
        self._uplink.follow(now_ms, publisher, suffers=self._health.uplink_suffers, video=video)
        self._shape_voice(now_ms, publisher, receivers)
        codec = None if publisher.video_muted or not watching else common_codec(publisher, watching)
        if codec is None:
            self._life.hide()
            self._rhythm.follow(now_ms, None, video=False)
            return SendParameters(self._audio)
        room_bps = self._room_bps(publisher, watching)
        known = publisher.uplink_probed_bps is not None and all(receiver.probed for receiver in watching)
        self._follow_life(now_ms, publisher, watching, room_bps, known=known)
        stills = self._rhythm.follow(now_ms, room_bps, video=self._life.flows)
        if not self._life.flows:
            return SendParameters(self._audio, stills=stills)
        profile = profile_for(receiver.profile for receiver in watching)
        coarse = coarseness(publisher.video_quantizer, codec)
        self._follow_ceiling(now_ms, publisher, coarse)
        worth_bps = self._plateau.worth_bps(
            room_bps,
            self._steps.bitrate_bps,
            profile,
            now_ms,
            blind=not known,
            coarseness=coarse,
        )
        self._steps.follow(min(worth_bps, self._ceiling.bps), now_ms)
        return SendParameters(self._audio, video_for(self._steps.bitrate_bps, codec, profile), stills)

    def _shape_voice(
        self, now_ms: float, publisher: PublisherView, receivers: Sequence[ReceiverView]
    ) -> None:
        """Set packet time and bitrate for the thinnest of the links concerned, and redundancy."""
        video = self._life.flows
        links = [receiver.estimate_bps - receiver.audio_overhead_bps for receiver in receivers]
        uplink_bps = self._uplink.known_bps(publisher, video=video)
        if uplink_bps is not None:
            links.append(uplink_bps)
        shape = self._voice.follow(max(0.0, min(links)), now_ms, picture=video)
        red = self._redundancy.follow(
            now_ms,
            publisher,
            receivers,
            uplink_bps=self._uplink.least_bps(publisher, video=video),
            uplink_suffers=self._health.uplink_suffers,
        )
        self._audio = replace(
            self._audio, ptime_ms=shape.ptime_ms, max_bitrate_bps=shape.bitrate_bps, red=red
        )

    def _room_bps(self, publisher: PublisherView, watching: Sequence[ReceiverView]) -> float:
        """The room that voice, and a requested still, leave on the thinnest of the links concerned."""
        # The relay adds RED for each receiver separately; its cost is in ``audio_overhead_bps``.
        plain_bps = voice_wire_bps(replace(self._audio, red=False))
        room_bps = min(
            (PACE_SHARE * receiver.estimate_bps - plain_bps - receiver.audio_overhead_bps)
            / (1 + receiver.loss_ratio)  # lost packets are retransmitted
            for receiver in watching
        )
        uplink_bps = self._uplink.known_bps(publisher, video=self._life.flows)
        if uplink_bps is not None:
            believes = self._life.flows and (publisher.uplink_reported_bps or 0.0) > uplink_bps
            saves_data = publisher.uplink_capacity_bps is not None
            reach = UPLINK_REACH if believes and not saves_data else 1.0
            uplink_room_bps = reach * uplink_bps - voice_wire_bps(self._audio) - OVERHEAD_BPS
            room_bps = min(room_bps, PACE_SHARE * uplink_room_bps / (1 + publisher.uplink_loss_ratio))
        if publisher.still_asked:
            return room_bps * VIDEO_SHARE_BESIDE_STILL if room_bps > STILL_ALONE_BPS else 0.0
        return room_bps

    def _follow_life(
        self,
        now_ms: float,
        publisher: PublisherView,
        watching: Sequence[ReceiverView],
        room_bps: float,
        *,
        known: bool,
    ) -> None:
        """Start or stop the picture when it is time."""
        flowed = self._life.flows
        view = LifeView(
            room_bps=room_bps,
            known=known,
            blind=not known and not publisher.still_asked,
            voice_clean=self._health.is_clean(now_ms),
            voice_suffers=self._health.suffers,
            uplink_collapsed=self._health.uplink_collapsed,
            vanishes=publisher.picture_vanishes or any(receiver.picture_vanishes for receiver in watching),
            rtt_ms=max(publisher.rtt_ms or 0.0, *(receiver.rtt_ms or 0.0 for receiver in watching)),
        )
        self._life.follow(now_ms, view)
        if flowed and not self._life.flows:
            self._health.start_over()
        elif self._life.flows and not flowed:
            self._ceiling.start(now_ms, careful=self._life.has_failed)
            self._plateau.begin()
            self._steps.start(min(room_bps, self._ceiling.bps), now_ms)

    def _follow_ceiling(self, now_ms: float, publisher: PublisherView, coarse: float | None) -> None:
        received_bps = publisher.uplink_video_received_bps
        if received_bps is None:  # this difference is too low while nobody speaks, but never too high
            received_bps = publisher.uplink_received_bps - voice_wire_bps(self._audio)
        reported_bps = publisher.uplink_reported_bps
        # A page that reports no estimate counts as not limited only while its picture is fine.
        bears_out = reported_bps is not None or (coarse is not None and coarse < FINE)
        self._ceiling.follow(
            now_ms,
            received_bps,
            self._steps.bitrate_bps,
            suffers=self._health.uplink_suffers or publisher.uplink_strained,
            unhindered=publisher.video_limited_by == "none" and bears_out,
            video_reported_bps=None if reported_bps is None else reported_bps - self._audio.max_bitrate_bps,
        )
