"""The one clear place where it is decided what each publisher sends.

Owns: the rule from what a publisher's way up and its receivers' ways down can take to `SendParameters`.
Voice first: it flows at once, video starts only when voice has run clean, gives way before voice suffers,
and comes back by timed trial, because a paused stream gives an estimator nothing to grow on. Must never
send or measure anything. The browser's own congestion control holds the uplink; we only set the ceiling
under which it works.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from media.core.estimate import FullUplink
from media.core.parameters import AudioSend, ClinicalProfile, SendParameters, VideoSend
from media.core.quality.clinicalprofile import DEGRADATION_PREFERENCES, picture_for, profile_for
from media.core.quality.held import Held
from media.core.quality.plateau import Plateau, coarseness
from media.core.quality.stillrhythm import StillRhythm
from media.core.quality.uplinkceiling import UplinkCeiling
from media.core.quality.videosteps import VideoSteps
from media.core.quality.voicesteps import VoiceSteps
from media.core.repair import (
    RED_AT_ONCE_BPS,
    RED_MUCH_LOSS_KEEP_BPS,
    RED_MUCH_LOSS_MIN_BPS,
    redundancy_pays,
    voice_wire_bps,
)

# Best at low rates first.
VIDEO_PREFERENCE = ("video/AV1", "video/VP9", "video/VP8", "video/H264")

# What is sent never takes all of a link: an encoder overshoots, a keyframe is a second of picture at once, and
# whatever an estimate is too high by becomes a queue in front of the voice. On the way down the pacer sees to it.
# With much less than this the estimate is never used enough to grow.
PACE_SHARE = 0.9
CLEAN_VOICE_MS = 2_000.0
# Under this much room for it video is not kept; between this and the start it may stay, so as not to flap.
KEEP_VIDEO_BPS = 12_000
# To start, there must be room for five frames a second; less is better spent on stills.
START_VIDEO_BPS = 22_000
# A queue of this much on the way up is one that video has made: give it less before voice suffers.
STRAINED_UP_QUEUE_MS = 120.0
# Standing, with no picture to blame, it says that voice itself is too much: a radio's jitter stays under it.
FULL_UP_QUEUE_MS = 150.0
UP_REACH = 1.2
BELIEVED_REPORT_BPS = 100_000.0
# What crosses a link beside the media while voice flows: reports and feedback on what comes the other way, ICE
# checks, signaling. Counted in the lab on 2G links.
UNDERGROWTH_BPS = 3_000.0
# A picture that somebody waits for has the links to itself up to here: video would keep it waiting for minutes.
STILL_ALONE_BPS = 100_000.0
STILL_SHARE = 0.5
# Half of what a talk bears (ITU-T G.114 wants 400 ms one way) is gone at this queue.
SUFFERING_QUEUE_MS = 300.0
# Loss that came with the video: three standard errors of 20 % loss over 70 packets of voice.
SUFFERING_LOSS = 0.15
COLLAPSE_LOSS = 0.25
PAUSE_AFTER_MS = 1_000.0
PAUSE_SOON_MS = 500.0
# What we did about it shows after a round trip and a feedback interval, so a long path needs more patience.
PAUSE_AFTER_ROUND_TRIPS = 1.5
# A trial was a guess: voice need not wait long to be believed that it was wrong.
TRIAL_QUEUE_MS = 200.0
# A trial ignores the estimate for so long; growing by 8 % a second it gets from voice to voice and video.
TRIAL_MS = 10_000.0
# Video that lasted this long was no failed trial.
PROVEN_MS = 20_000.0
FIRST_WAIT_MS = 10_000.0
LAST_WAIT_MS = 60_000.0
# Where trains tell that a link is wide again, a black-out that made video fail twice is no reason to wait longer.
LAST_KNOWN_WAIT_MS = 20_000.0
# Where they tell of so many times the room there was when it failed, that failure says nothing any more; of half as
# much again as it takes to start at least, or links that waver there would be tried every ten seconds.
WIDENED = 2.0
WIDE_VIDEO_BPS = 1.5 * START_VIDEO_BPS

# Ordinary loss is learnt while voice has to run clean anyway; under video slowly, lest video's own loss
# pass for it.
QUIET_LEARNING_MS = CLEAN_VOICE_MS
VIDEO_LEARNING_MS = 20_000.0
# For so long a loss stays in the window that tells of it (losswindow.py).
LOSS_MEMORY_MS = 4_000.0
# A single burst of loss is no reason to talk twice, nor a single clean moment to stop. Loss is that of three
# seconds, so on links where talking twice costs the picture a burst must have passed out of them.
RED_AFTER_MS = 1_000.0
RED_THIN_AFTER_MS = 4_000.0
# At 1 % loss and 17 packets a second half a minute without a loss is one in 300.
RED_UNTIL_MS = 30_000.0


@dataclass(frozen=True, slots=True)
class PublisherView:
    """What is known of a publisher and its uplink. Rates are wire bit/s, ratios 0 to 1; None: not known.

    ``uplink_video_received_bps`` is the part of ``uplink_received_bps`` that is picture. ``uplink_collapsed``:
    hardly anything arrives any more, for longer than a radio stalls. ``uplink_capacity_bps`` is what the uplink is
    known to carry, ``uplink_probed_bps`` what a probe of the warm leg measured, ``uplink_reported_bps`` what the
    page's congestion control believes (W3C availableOutgoingBitrate: a guess that grows only while it is used).
    ``video_limited_by`` is what holds the picture down (RTCQualityLimitationReason), ``video_quantizer`` how coarse
    the encoder has to make it, on the codec's scale. ``still_asked``: a still that somebody waits for is on its way
    from this publisher. ``codecs`` are the mime types that it can send.
    """

    uplink_received_bps: float = 0.0
    uplink_video_received_bps: float | None = None
    uplink_loss_ratio: float = 0.0
    uplink_queue_ms: float | None = None
    uplink_collapsed: bool = False
    uplink_capacity_bps: float | None = None
    uplink_probed_bps: float | None = None
    uplink_reported_bps: float | None = None
    video_limited_by: str | None = None
    video_quantizer: int | None = None
    rtt_ms: float | None = None
    audio_muted: bool = False
    video_muted: bool = False
    still_asked: bool = False
    codecs: tuple[str, ...] = VIDEO_PREFERENCE


@dataclass(frozen=True, slots=True)
class ReceiverView:
    """What is known of one receiver of this publisher and its downlink. Rates are wire bit/s, ratios 0 to 1.

    ``audio_overhead_bps``: what other voices, and redundancy that the relay adds, take of the downlink besides
    this publisher's plain voice. ``profile``: what the receiver wants of the pictures it is shown. ``probed``:
    padding tests the downlink while little flows, so that no blind trial of video is needed to find out more.
    """

    estimate_bps: float
    loss_ratio: float = 0.0
    queue_ms: float = 0.0
    rtt_ms: float | None = None
    wants_video: bool = True
    codecs: tuple[str, ...] = VIDEO_PREFERENCE
    audio_overhead_bps: float = 0.0
    profile: ClinicalProfile = ClinicalProfile.FACE
    probed: bool = False


def red_for_receiver(view: ReceiverView, *, was_on: bool) -> bool:
    """Whether the relay shall add redundancy to the voice towards this receiver; with hysteresis."""
    return redundancy_pays(view.loss_ratio, view.estimate_bps, was_on=was_on)


def common_codec(publisher: PublisherView, receivers: Sequence[ReceiverView]) -> str | None:
    """The best codec that the publisher can send and all of these can decode."""
    able = {mime.lower() for mime in publisher.codecs}
    for receiver in receivers:
        able &= {mime.lower() for mime in receiver.codecs}
    return next((mime for mime in VIDEO_PREFERENCE if mime.lower() in able), None)


class Steering:
    """What one publisher shall send; ask `decide` two to five times a second."""

    def __init__(self) -> None:
        self._flow: _Flow | None = None

    @property
    def holds_back(self) -> bool:
        """Whether a larger picture waits only for the links to be known to carry it."""
        return self._flow is not None and self._flow.holds_back

    def decide(
        self, now_ms: float, publisher: PublisherView, receivers: Sequence[ReceiverView]
    ) -> SendParameters:
        """What to send from now on: equal to the last answer while nothing material changed."""
        if not receivers:
            self._flow = None  # a warm leg: nothing flows, and what was learnt will be stale
            return SendParameters()
        if self._flow is None:
            self._flow = _Flow(now_ms)
        return self._flow.decide(now_ms, publisher, receivers)


class _Flow:
    """One publisher's media from the first receiver on until there is none."""

    def __init__(self, now_ms: float) -> None:
        self._audio = AudioSend(active=True)
        self._red = Held()
        self._red_affordable = Held()
        self._voice = VoiceSteps()
        self._rhythm = StillRhythm()
        self._ceiling = UplinkCeiling()
        self._plateau = Plateau()
        self._steps = VideoSteps()
        self._up_loss = _OrdinaryLoss()
        self._down_loss = _OrdinaryLoss()
        self._proven_up_bps = 0.0
        self._up_full = FullUplink()
        self._up_loss_counts_from_ms = now_ms
        self._up_suffers = False
        self._suffers = False
        self._last_ms = now_ms
        self._clean_since_ms: float | None = None
        self._strain_since_ms: float | None = None  # of the links, while video flows
        self._video_since_ms: float | None = None  # None: paused
        self._wait_ms = FIRST_WAIT_MS
        self._known = False  # whether trains measure every link concerned, in calls as well
        self._start_from_ms = self._retry_from_ms = now_ms
        self._paused_room_bps = 0.0
        self._trial_from_ms = now_ms + FIRST_WAIT_MS
        self._trial_until_ms = now_ms

    @property
    def holds_back(self) -> bool:
        """Whether the picture that flows would be larger on links that are known to carry it."""
        return self._video_since_ms is not None and self._plateau.holds_back

    def decide(
        self, now_ms: float, publisher: PublisherView, receivers: Sequence[ReceiverView]
    ) -> SendParameters:
        watching = [receiver for receiver in receivers if receiver.wants_video]
        self._watch_voice(now_ms, publisher, watching or receivers)
        self._shape_voice(now_ms, publisher, receivers)
        self._decide_redundancy(now_ms, publisher, receivers)
        codec = None if publisher.video_muted or not watching else common_codec(publisher, watching)
        if codec is None:
            self._video_since_ms = None  # nobody's fault: it may come back without a wait
            self._rhythm.follow(now_ms, None, video=False)
            return SendParameters(self._audio)
        room_bps = self._room_bps(publisher, watching)
        self._known = publisher.uplink_probed_bps is not None and all(
            receiver.probed for receiver in watching
        )
        if publisher.still_asked:
            room_bps = room_bps * STILL_SHARE if room_bps > STILL_ALONE_BPS else 0.0
        if self._video_since_ms is None:
            self._consider_start(now_ms, room_bps, blind=not self._known and not publisher.still_asked)
        else:
            self._consider_pause(now_ms, publisher, watching, room_bps)
        flows = self._video_since_ms is not None
        stills = self._rhythm.follow(now_ms, room_bps, video=flows)
        profile = profile_for(receiver.profile for receiver in watching)
        video = self._video(now_ms, publisher, room_bps, codec, profile) if flows else VideoSend()
        return SendParameters(self._audio, video, stills)

    def _watch_voice(
        self, now_ms: float, publisher: PublisherView, receivers: Sequence[ReceiverView]
    ) -> None:
        """Notice since when voice runs clean, and how much loss is simply there."""
        step_ms, self._last_ms = max(0.0, now_ms - self._last_ms), now_ms
        video = self._video_since_ms is not None
        down_loss = max(receiver.loss_ratio for receiver in receivers)
        self._down_loss.learn(down_loss, step_ms, video)
        self._up_loss.learn(publisher.uplink_loss_ratio, step_ms, video)
        most_ms = TRIAL_QUEUE_MS if video and now_ms < self._trial_until_ms else SUFFERING_QUEUE_MS
        uplink_queue_ms = publisher.uplink_queue_ms or 0.0
        self._up_suffers = uplink_queue_ms > most_ms or self._up_loss.grew(publisher.uplink_loss_ratio)
        self._up_full.follow(
            now_ms,
            publisher.uplink_received_bps,
            full=uplink_queue_ms > FULL_UP_QUEUE_MS and not video,
            probed_bps=publisher.uplink_probed_bps,
        )
        if publisher.uplink_collapsed:
            self._up_full.collapsed(now_ms, publisher.uplink_probed_bps)
        down_queue_ms = max(receiver.queue_ms for receiver in receivers)
        self._suffers = self._up_suffers or down_queue_ms > most_ms or self._down_loss.grew(down_loss)
        flows = publisher.audio_muted or publisher.uplink_received_bps > 0
        if self._suffers or not flows:
            self._clean_since_ms = None
        elif self._clean_since_ms is None:
            self._clean_since_ms = now_ms
        if self._up_suffers:
            self._proven_up_bps = min(self._proven_up_bps, publisher.uplink_received_bps)
        else:
            self._proven_up_bps = max(self._proven_up_bps, publisher.uplink_received_bps)

    def _shape_voice(
        self, now_ms: float, publisher: PublisherView, receivers: Sequence[ReceiverView]
    ) -> None:
        """Packet time and bitrate that the thinnest of the links concerned can carry."""
        links = [receiver.estimate_bps - receiver.audio_overhead_bps for receiver in receivers]
        up_bps = self._up_bps(publisher)
        if up_bps is not None:
            links.append(up_bps)
        shape = self._voice.follow(max(0.0, min(links)), now_ms, picture=self._video_since_ms is not None)
        self._audio = replace(self._audio, ptime_ms=shape.ptime_ms, max_bitrate_bps=shape.bitrate_bps)

    def _up_bps(self, publisher: PublisherView) -> float | None:
        """What the way up carries, as far as anything tells; a queue of voice alone tells best."""
        told_bps = self._told_up_bps(publisher)
        bounds = [bps for bps in (told_bps, self._up_full.bps) if bps is not None]
        return min(bounds, default=None)

    def _told_up_bps(self, publisher: PublisherView) -> float | None:
        """A pin, a train of the warm leg, and what has come."""
        if publisher.uplink_capacity_bps is not None:
            return publisher.uplink_capacity_bps
        if publisher.uplink_probed_bps is None:
            return None
        known_bps = max(publisher.uplink_probed_bps, self._proven_up_bps)
        if self._video_since_ms is None:
            return known_bps  # what the page believes grows stale without video
        reported_bps = publisher.uplink_reported_bps or 0.0
        # A train that came while the server was busy looks slow. The page's own guess starts at 60 kbit/s, so
        # its probes have proved it where it is well above that.
        return max(known_bps, reported_bps) if reported_bps >= BELIEVED_REPORT_BPS else known_bps

    def _decide_redundancy(
        self, now_ms: float, publisher: PublisherView, receivers: Sequence[ReceiverView]
    ) -> None:
        """Redundancy on the way up: for loss there or at the poorest receiver, if all can afford it."""
        up_bps = self._up_bps(publisher)
        if up_bps is None:
            up_bps = max(self._proven_up_bps, publisher.uplink_reported_bps or 0.0)
        known_bps = min(up_bps, *(receiver.estimate_bps for receiver in receivers))
        # What a full queue dropped comes back when less is sent; twice the voice would only fill it more.
        if (publisher.uplink_queue_ms or 0.0) > STRAINED_UP_QUEUE_MS:
            self._up_loss_counts_from_ms = now_ms + LOSS_MEMORY_MS
        up_loss = publisher.uplink_loss_ratio if now_ms >= self._up_loss_counts_from_ms else 0.0
        loss_ratio = max(up_loss, *(receiver.loss_ratio for receiver in receivers))
        was_on = self._audio.red
        begins_after_ms = RED_AFTER_MS if known_bps >= RED_AT_ONCE_BPS else RED_THIN_AFTER_MS
        after_ms = RED_UNTIL_MS if self._red.on else begins_after_ms
        wanted = self._red.follow(now_ms, redundancy_pays(loss_ratio, known_bps, was_on=was_on), after_ms)
        least_bps = RED_MUCH_LOSS_KEEP_BPS if was_on else RED_MUCH_LOSS_MIN_BPS
        affords = known_bps >= least_bps and not self._up_suffers
        affordable = self._red_affordable.follow(now_ms, affords, RED_AFTER_MS)
        self._audio = replace(self._audio, red=wanted and affordable)

    def _room_bps(self, publisher: PublisherView, watching: Sequence[ReceiverView]) -> float:
        """What voice leaves on the thinnest of the links concerned."""
        plain_bps = voice_wire_bps(replace(self._audio, red=False))
        room_bps = min(
            (PACE_SHARE * receiver.estimate_bps - plain_bps - receiver.audio_overhead_bps)
            / (1 + receiver.loss_ratio)  # what is lost is sent again
            for receiver in watching
        )
        up_bps = self._up_bps(publisher)
        if up_bps is not None:
            # A pin holds; what was measured may be tried a little beyond while the page itself believes in more,
            # or a link that has widened stays unknown.
            believes = self._video_since_ms is not None and (publisher.uplink_reported_bps or 0.0) > up_bps
            reach = UP_REACH if believes and publisher.uplink_capacity_bps is None else 1.0
            up_room_bps = reach * up_bps - voice_wire_bps(self._audio) - UNDERGROWTH_BPS
            room_bps = min(room_bps, PACE_SHARE * up_room_bps / (1 + publisher.uplink_loss_ratio))
        return room_bps

    def _consider_start(self, now_ms: float, room_bps: float, *, blind: bool) -> None:
        """Video begins where there is room; or, where nobody can know (``blind``), by timed trial."""
        clean = self._clean_since_ms is not None and now_ms - self._clean_since_ms >= CLEAN_VOICE_MS
        widened = self._known and room_bps >= max(WIDE_VIDEO_BPS, WIDENED * self._paused_room_bps)
        if not clean or now_ms < (self._retry_from_ms if widened else self._start_from_ms):
            return
        failed_before = self._wait_ms > FIRST_WAIT_MS
        if room_bps < START_VIDEO_BPS and (not blind or now_ms < self._trial_from_ms):
            return
        trial = failed_before or room_bps < START_VIDEO_BPS
        self._trial_until_ms = now_ms + TRIAL_MS if trial else now_ms
        self._video_since_ms = now_ms
        self._strain_since_ms = None
        self._ceiling.start(now_ms, careful=failed_before)
        self._plateau.begin()
        self._steps.start(min(room_bps, self._ceiling.bps), now_ms)

    def _consider_pause(
        self, now_ms: float, publisher: PublisherView, watching: Sequence[ReceiverView], room_bps: float
    ) -> None:
        no_room = room_bps < KEEP_VIDEO_BPS and now_ms >= self._trial_until_ms
        if not self._suffers and not no_room:
            self._strain_since_ms = None
            return
        if self._strain_since_ms is None:
            self._strain_since_ms = now_ms
        rtt_ms = max(publisher.rtt_ms or 0.0, *(receiver.rtt_ms or 0.0 for receiver in watching))
        patience_ms = max(PAUSE_AFTER_MS, PAUSE_AFTER_ROUND_TRIPS * rtt_ms)
        if now_ms < self._trial_until_ms:
            patience_ms = 0.0  # a trial was a guess, and voice has just told that it was wrong
        full = (publisher.uplink_queue_ms or 0.0) > SUFFERING_QUEUE_MS
        if publisher.uplink_collapsed or (full and publisher.uplink_loss_ratio > COLLAPSE_LOSS):
            patience_ms = 0.0  # no strain, a way up that has collapsed
        elif room_bps < 0:
            patience_ms = min(patience_ms, PAUSE_SOON_MS)  # not even voice has room
        if now_ms - self._strain_since_ms >= patience_ms:
            self._pause(now_ms, room_bps)

    def _pause(self, now_ms: float, room_bps: float) -> None:
        started_ms = now_ms if self._video_since_ms is None else self._video_since_ms
        if now_ms - started_ms >= PROVEN_MS:
            self._wait_ms = FIRST_WAIT_MS
        self._start_from_ms = self._trial_from_ms = now_ms + self._wait_ms
        self._retry_from_ms, self._paused_room_bps = now_ms + FIRST_WAIT_MS, room_bps
        self._wait_ms = min(LAST_KNOWN_WAIT_MS if self._known else LAST_WAIT_MS, 2 * self._wait_ms)
        self._video_since_ms = None
        self._clean_since_ms = None

    def _video(
        self,
        now_ms: float,
        publisher: PublisherView,
        room_bps: float,
        codec: str,
        profile: ClinicalProfile,
    ) -> VideoSend:
        received_bps = publisher.uplink_video_received_bps
        if received_bps is None:  # too low while nobody speaks, but never too high
            received_bps = publisher.uplink_received_bps - voice_wire_bps(self._audio)
        self._ceiling.follow(
            now_ms,
            received_bps,
            self._steps.bitrate_bps,
            suffers=self._up_suffers or (publisher.uplink_queue_ms or 0.0) > STRAINED_UP_QUEUE_MS,
            unhindered=publisher.video_limited_by == "none",
            video_reported_bps=None
            if publisher.uplink_reported_bps is None
            else publisher.uplink_reported_bps - self._audio.max_bitrate_bps,
        )
        worth_bps = self._plateau.worth_bps(
            room_bps,
            self._steps.bitrate_bps,
            profile,
            now_ms,
            blind=not self._known,
            coarseness=coarseness(publisher.video_quantizer, codec),
        )
        self._steps.follow(min(worth_bps, self._ceiling.bps), now_ms)
        framerate, scale = picture_for(self._steps.bitrate_bps, profile)
        return VideoSend(
            active=True,
            max_bitrate_bps=self._steps.bitrate_bps,
            max_framerate=framerate,
            scale_resolution_down_by=scale,
            codec=codec,
            degradation_preference=DEGRADATION_PREFERENCES[profile],
        )


class _OrdinaryLoss:
    """The loss that is simply there: learnt under voice alone."""

    def __init__(self) -> None:
        self._ratio: float | None = None

    def learn(self, loss_ratio: float, step_ms: float, video: bool) -> None:
        if self._ratio is None:
            self._ratio = loss_ratio
        learning_ms = VIDEO_LEARNING_MS if video else QUIET_LEARNING_MS
        self._ratio += (loss_ratio - self._ratio) * min(1.0, step_ms / learning_ms)

    def grew(self, loss_ratio: float) -> bool:
        return loss_ratio - (self._ratio or 0.0) > SUFFERING_LOSS
