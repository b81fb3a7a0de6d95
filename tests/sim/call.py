"""One publisher's voice and picture over one thin link, steered by the real parts, in virtual time.

``thin="down"``: the relay sends into the thin link, as to a clinic. ``thin="up"``: a browser sends into it and
limits its video to an estimate of its own, like GCC; steering sees only what arrives.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field, replace
from itertools import count, pairwise

from media.core.estimate import ArrivalDelay, Pacer, SendEstimate, TwccReceiver, TwccSender
from media.core.parameters import SendParameters
from media.core.quality import PublisherView, ReceiverView, Steering
from media.core.repair import PACKET_OVERHEAD_BYTES, RED_HEADER_BYTES, voice_wire_bps
from media.core.rtp import rtcp
from tests.sim.link import SimLink
from tests.sim.page import MOVING_QUANTIZER, quantizer_at

STEP_MS = 5
DECIDE_MS = 250
MTU_BYTES = 1_150
# A page needs about this long from the message to an encoder that follows.
ENCODER_LAG_MS = 200
KEYFRAME_FACTOR = 4


@dataclass
class Moment:
    """The state at one decision."""

    now_ms: float
    parameters: SendParameters
    estimate_bps: int
    link_queue_ms: float


@dataclass
class Outcome:
    """The results of a call."""

    voice_delays_ms: list[float] = field(default_factory=list)
    voice_sent: int = 0
    voice_dropped: int = 0  # by the queue, not by random loss
    video_bytes: int = 0
    keyframes: int = 0
    moments: list[Moment] = field(default_factory=list)

    def after(self, start_ms: float) -> list[Moment]:
        return [moment for moment in self.moments if moment.now_ms >= start_ms]

    def changes(self, start_ms: float) -> int:
        followed = [moment.parameters for moment in self.after(start_ms)]
        return sum(earlier != later for earlier, later in pairwise(followed))

    def pauses(self) -> int:
        active = [moment.parameters.video.active for moment in self.moments]
        return sum(earlier and not later for earlier, later in pairwise(active))

    def first_video_ms(self) -> float | None:
        return next((moment.now_ms for moment in self.moments if moment.parameters.video.active), None)

    def video_share(self, start_ms: float) -> float:
        moments = self.after(start_ms)
        return sum(moment.parameters.video.active for moment in moments) / len(moments)

    def voice_delay_ms(self, quantile: float) -> float:
        delays = sorted(self.voice_delays_ms)
        return delays[min(len(delays) - 1, int(quantile * len(delays)))]


class CallSim:
    """Run with `run`, then read ``outcome``; the link's rate may be changed between runs."""

    def __init__(
        self,
        *,
        rate_bps: float,
        loss: float = 0.0,
        rtt_ms: float = 200.0,
        queue_ms: float = 400.0,
        start_bps: float = 100_000,
        thin: str = "down",
        seed: int = 1,
    ) -> None:
        self.rng = random.Random(seed)
        self.link = SimLink(self.rng, rate_bps=rate_bps, delay_ms=rtt_ms / 2, loss=loss, queue_ms=queue_ms)
        self.outcome = Outcome()
        self.estimate = SendEstimate(start_bps)
        self._rtt_ms = rtt_ms
        self._thin = thin
        self._pacer: Pacer[int] = Pacer(start_bps)
        self._sender, self._receiver = TwccSender(), TwccReceiver()
        self._steering = Steering()
        self._up_delay = ArrivalDelay(48_000)
        self._order = count()
        self._arriving: list[tuple[float, int, int, int, bool, float]] = []
        self._feedback: list[tuple[float, int, bytes]] = []
        self._obeyed: list[tuple[float, SendParameters]] = []
        self._parameters = SendParameters()
        self._came: list[tuple[float, int, bool]] = []
        self._now_ms = 0
        self._next_voice_ms = self._next_frame_ms = 0.0
        self._needs_keyframe = True

    def run(self, seconds: float) -> Outcome:
        end_ms = self._now_ms + int(seconds * 1000)
        while self._now_ms < end_ms:
            self._deliver()
            if self._now_ms % DECIDE_MS == 0:
                self._decide()
            while self._obeyed and self._obeyed[0][0] <= self._now_ms:
                self._obey(self._obeyed.pop(0)[1])
            self._speak()
            self._film()
            for size_bytes in self._pacer.due(self._now_ms):
                self.outcome.video_bytes += size_bytes
                self._send(size_bytes, voice=False)
            self._now_ms += STEP_MS
        return self.outcome

    def _obey(self, parameters: SendParameters) -> None:
        if parameters.video.active and not self._parameters.video.active:
            self._needs_keyframe = True
        self._parameters = parameters

    def _speak(self) -> None:
        audio = self._parameters.audio
        if not audio.active or self._now_ms < self._next_voice_ms:
            return
        self._next_voice_ms = max(self._next_voice_ms + audio.ptime_ms, self._now_ms)
        payload = audio.max_bitrate_bps * audio.ptime_ms // 8000
        size = PACKET_OVERHEAD_BYTES + payload + (payload + RED_HEADER_BYTES if audio.red else 0)
        self.outcome.voice_sent += 1
        self._pacer.sent(size, self._now_ms)
        self._send(size, voice=True)

    def _film(self) -> None:
        video = self._parameters.video
        if not video.active:
            self._pacer.clear()
            return
        if self._now_ms < self._next_frame_ms:
            return
        self._next_frame_ms = self._now_ms + 1000 / video.max_framerate
        bitrate_bps = float(video.max_bitrate_bps)
        if self._thin == "up":  # the browser's own control
            own_bps = self.estimate.estimate_bps - voice_wire_bps(self._parameters.audio)
            bitrate_bps = max(5_000.0, min(bitrate_bps, own_bps))
        frame_bytes = bitrate_bps / video.max_framerate / 8 * self.rng.uniform(0.7, 1.3)
        if self._needs_keyframe:
            frame_bytes *= KEYFRAME_FACTOR
            self._needs_keyframe = False
            self.outcome.keyframes += 1
        while frame_bytes > 0:
            size = min(MTU_BYTES, int(frame_bytes) + 1)
            frame_bytes -= size
            self._pacer.push_video(size + PACKET_OVERHEAD_BYTES, size + PACKET_OVERHEAD_BYTES, self._now_ms)
        if self._pacer.overflowed:
            self._pacer.overflow_handled()
            self._needs_keyframe = True

    def _send(self, size_bytes: int, *, voice: bool) -> None:
        sequence = self._sender.next(self._now_ms * 1000, size_bytes)
        dropped = self.link.dropped
        arrival_ms = self.link.send(size_bytes, self._now_ms)
        if arrival_ms is None:
            self.outcome.voice_dropped += voice and self.link.dropped > dropped
            return
        entry = (arrival_ms, next(self._order), sequence, size_bytes, voice, float(self._now_ms))
        heapq.heappush(self._arriving, entry)

    def _deliver(self) -> None:
        now_ms = self._now_ms
        while self._arriving and self._arriving[0][0] <= now_ms:
            arrival_ms, _, sequence, size_bytes, voice, sent_ms = heapq.heappop(self._arriving)
            self._receiver.received(sequence, int(arrival_ms * 1000), size_bytes)
            self._came.append((arrival_ms, size_bytes, voice))
            if voice:
                self._up_delay.received(int(sent_ms * 48) & 0xFFFFFFFF, arrival_ms)
                self.outcome.voice_delays_ms.append(arrival_ms - sent_ms - self._rtt_ms / 2)
        if self._receiver.due(now_ms):
            for data in self._receiver.build(1, 2, now_ms):
                if self.rng.random() >= self.link.loss:
                    heapq.heappush(self._feedback, (now_ms + self._rtt_ms / 2, next(self._order), data))
        while self._feedback and self._feedback[0][0] <= now_ms:
            (packet,) = rtcp.parse(heapq.heappop(self._feedback)[2])
            assert isinstance(packet, rtcp.TransportFeedback)
            self.estimate.on_results(self._sender.on_feedback(packet, now_ms * 1000), now_ms)
            self._pacer.set_rate(self.estimate.estimate_bps, now_ms)

    def _decide(self) -> None:
        now_ms = self._now_ms
        self._came = [item for item in self._came if item[0] > now_ms - 1000]
        received_bps = sum(size for _, size, _ in self._came) * 8
        video_bps = sum(size for _, size, voice in self._came if not voice) * 8
        estimate = self.estimate
        quantizer = quantizer_at(MOVING_QUANTIZER, self._parameters.video.max_bitrate_bps)
        if self._thin == "down":
            # The doctor's own uplink does not matter here.
            sent = self._parameters
            up_bps = voice_wire_bps(sent.audio) + (sent.video.max_bitrate_bps if sent.video.active else 0)
            publisher = PublisherView(
                uplink_received_bps=up_bps,
                uplink_video_received_bps=sent.video.max_bitrate_bps,
                video_quantizer=quantizer,
                rtt_ms=80,
            )
            red_bps = voice_wire_bps(sent.audio) - voice_wire_bps(replace(sent.audio, red=False))
            receiver = ReceiverView(
                estimate.estimate_bps,
                estimate.loss_ratio,
                estimate.queue_ms,
                self._rtt_ms,
                audio_overhead_bps=red_bps,
            )
        else:
            publisher = PublisherView(
                uplink_received_bps=received_bps,
                uplink_video_received_bps=video_bps,
                uplink_loss_ratio=estimate.loss_ratio,
                uplink_queue_ms=self._up_delay.queue_ms,
                video_quantizer=quantizer,
                rtt_ms=self._rtt_ms,
            )
            receiver = ReceiverView(estimate_bps=2_000_000, rtt_ms=80)
        parameters = self._steering.decide(now_ms, publisher, [receiver])
        self._obeyed.append((now_ms + ENCODER_LAG_MS + self._rtt_ms / 2, parameters))
        self.outcome.moments.append(
            Moment(now_ms, parameters, estimate.estimate_bps, self.link.waiting_ms(now_ms))
        )
