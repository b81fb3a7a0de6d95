"""The bandwidth estimate of one leg's downlink, from feedback about the packets sent.

                         feedback: one PacketResult a packet              no feedback
             ┌────────────────────────┬────────────────────┐                  │
        media packets           media packets           probes                │
             v                        v                    v                  v
         delay.py              losshistory.py       probeclusters.py     silence.py
      room, hold, burst,     loss grows with the     carries N bit/s,   silent, returning,
       full, collapsed          rate, or not        is full at N bit/s   as before or anew
             └────────────┬───────────┘                    │                  │
                growth.py, backoff.py                      │                  │
                          └──────────── SendEstimate ──────┴──────────────────┘
                                             v
                                        estimate_bps

Owns: the order of the verdicts, and the waits between changes. Must never decide what is sent: steering.py does.
Two rules, based on GCC (Carlucci et al., 2016) for links where loss is ordinary: queueing delay is congestion;
loss is congestion only if it grows with the sent rate. Sizes, and so the estimate, include all headers on the
wire.
"""

from __future__ import annotations

from collections.abc import Sequence

from media.core.estimate.congestion.backoff import COLLAPSE_WINDOW_US, Fall, Flow, after_loss, after_queue
from media.core.estimate.congestion.delay import QueueDelay, QueueVerdict
from media.core.estimate.congestion.growth import Growth
from media.core.estimate.congestion.losshistory import LossHistory
from media.core.estimate.congestion.probeclusters import ProbeClusters
from media.core.estimate.congestion.rates import MIN_ESTIMATE_BPS, RATE_WINDOW_US, RateWindow, clamped
from media.core.estimate.congestion.reported import Reported
from media.core.estimate.congestion.silence import RETURN_BPS, ReturnVerdict, Silence
from media.core.estimate.twccsender import PacketResult

# A back-off shows its effect after a round trip and this feedback interval.
FEEDBACK_MS = 300.0
MAX_HOLD_MS = 2_000.0
# An estimate grows only if at least this share of it is used. Just before its next step a picture uses as little as
# this: steps are up to a quarter apart, and take PACE_SHARE of the room.
USED_SHARE = 0.6
# On a path this long, congestion shows a second later, after further growth: the estimate must stay closer to the
# used rate.
LONG_RTT_MS = 400.0
LONG_USED_SHARE = 0.72
# One late timer must not count as a second of proven use.
MAX_STEP_MS = 500.0
# With fewer packets than this in the last seconds, one lost packet is more than 10 %.
FEW_PACKETS = 10


class SendEstimate:
    """The estimate of one leg's downlink.

    Call `on_results` with each feedback, `on_report_block` with each report block, `on_silence` at intervals.
    """

    def __init__(self, start_bps: float) -> None:
        self._estimate_bps = clamped(start_bps)
        self._delay = QueueDelay()
        self._loss = LossHistory()
        self._clusters = ProbeClusters()
        self._silence = Silence()
        self._growth = Growth()
        self._reported = Reported()
        self._received = RateWindow()
        self._sent = RateWindow()
        self._tested = False
        self._last_ms: float | None = None
        self._hold_until_ms = 0.0

    @property
    def estimate_bps(self) -> int:
        """The estimate in bit/s on the wire; the minimum while the peer is silent."""
        return round(MIN_ESTIMATE_BPS if self._silence.hides_estimate else self._estimate_bps)

    @property
    def queue_ms(self) -> float:
        """One-way delay above its minimum of the last 30 s, smoothed."""
        return self._delay.queue_ms

    @property
    def queue_tolerance_ms(self) -> float:
        """The queueing delay above which the link counts as congested."""
        return self._delay.tolerance_ms(self._estimate_bps)

    @property
    def loss_ratio(self) -> float:
        """Share of packets lost in the last seconds (0 to 1); from report blocks where feedback is sparse."""
        if self._loss.packets < FEW_PACKETS and self._reported.loss_ratio is not None:
            return self._reported.loss_ratio
        return self._loss.ratio

    @property
    def received_bps(self) -> float:
        """The received rate over the last second before the newest arrival, probes included; 0 at first."""
        return self._received.bps

    @property
    def rtt_ms(self) -> float | None:
        """Round trip, smoothed; None before the first report block or feedback."""
        return self._reported.rtt_ms

    @property
    def app_limited(self) -> bool:
        """Whether too little is sent to confirm the estimate."""
        share = LONG_USED_SHARE if (self._reported.rtt_ms or 0.0) > LONG_RTT_MS else USED_SHARE
        return self._sent.bps < share * self._estimate_bps

    @property
    def tested(self) -> bool:
        """Whether a probe cluster, a queue or loss has confirmed the estimate; before that it is an assumption."""
        return self._tested

    @property
    def limit_bps(self) -> float | None:
        """The rate at which the link was last full; None if it never was, or if it has become faster since.

        The estimate may be much lower.
        """
        return self._growth.ceiling_bps

    @property
    def silent(self) -> bool:
        """Whether the peer has sent no feedback for longer than usual."""
        return self._silence.silent

    @property
    def cluster_bps(self) -> float | None:
        """The rate of the last probe clusters; None before the first one has arrived."""
        return self._clusters.bps

    def on_report_block(self, loss_ratio: float | None, rtt_ms: float | None) -> None:
        """A report block about a stream: loss since the last one (0 to 1) and round-trip time, each if known."""
        self._reported.on_report_block(loss_ratio, rtt_ms)

    def on_silence(self, unanswered_ms: float) -> None:
        """Feedback about sent packets has been missing for ``unanswered_ms``; 0: all packets are reported."""
        self._silence.on_unanswered(unanswered_ms, self._reported.rtt_ms)

    def on_resumed(self, now_ms: float) -> None:
        """The pacer releases held video: the received rate is too low to judge the link for a moment."""
        self._hold_until_ms = max(self._hold_until_ms, now_ms + self._hold_ms(RATE_WINDOW_US / 1000))

    def on_results(self, results: Sequence[PacketResult], now_ms: float) -> None:
        """Feedback about packets, in order of their numbers; ``now_ms``: same clock as ``sent_us``."""
        if not results:
            return
        if self._silence.silent:
            # Packets that were delayed by the gap arrive first; only packets sent after the gap are judged.
            self._silence.on_feedback(self._last_ms or now_ms, self._delay.queue_ms)
            self._hold_until_ms = now_ms + self._hold_ms(FEEDBACK_MS)
        if not self._take_in(results, now_ms):
            return
        if self._silence.returning:
            self._return(now_ms)
        else:
            self._follow_media(now_ms)

    def _take_in(self, results: Sequence[PacketResult], now_ms: float) -> bool:
        """Pass the results to each part. Returns whether any of the packets was media.

        Probes count as received, since they show what the link carries, but neither as sent nor as lost: a cluster
        exceeds the rate on purpose.
        """
        media: list[PacketResult] = []
        probes: list[PacketResult] = []
        for result in results:
            _, sent_us, arrived_us, size_bytes, probe = result
            if arrived_us is not None:
                self._received.add(arrived_us, size_bytes)
            if probe:
                probes.append(result)
                continue
            media.append(result)
            self._loss.add(result)
            self._sent.add(sent_us, size_bytes)
        if media:
            self._delay.on_feedback(media, now_ms)
            self._clusters.media_sent_us = media[-1].sent_us
            self._reported.on_feedback(now_ms - max([result.sent_us for result in media]) / 1000)
        if probes:
            self._follow_probes(probes)
        return bool(media)

    def _follow_probes(self, probes: Sequence[PacketResult]) -> None:
        estimate_bps = self._estimate_bps
        has_room = self._delay.has_room(estimate_bps)
        verdict = self._clusters.on_probes(probes, estimate_bps, has_room=has_room, tested=self._tested)
        if verdict is None:
            return
        if verdict.estimate_bps is not None:
            self._estimate_bps = clamped(verdict.estimate_bps)
        if verdict.full_at_bps is not None:
            self._growth.found_full(verdict.full_at_bps, probes[-1].sent_us / 1000)
        self._tested = True

    def _return(self, now_ms: float) -> None:
        """Judge the packets after a silence."""
        if now_ms < self._hold_until_ms:
            return  # these were most likely sent before the silence
        verdict = self._silence.verdict(now_ms, self._delay.newest_queue_ms, self.queue_tolerance_ms)
        if verdict is ReturnVerdict.ANEW:
            self._estimate_bps = min(self._estimate_bps, RETURN_BPS)

    def _follow_media(self, now_ms: float) -> None:
        """Lower the estimate after a queue or after loss that grows with the rate; raise it if there is room."""
        step_ms = 0.0 if self._last_ms is None else min(MAX_STEP_MS, max(0.0, now_ms - self._last_ms))
        self._last_ms = now_ms
        app_limited, held = self.app_limited, now_ms < self._hold_until_ms
        queue = self._delay.verdict(self._estimate_bps, app_limited=app_limited)
        if queue in (QueueVerdict.BURST, QueueVerdict.FULL, QueueVerdict.COLLAPSED):
            if not held:
                flow = self._flow(collapsed=queue is QueueVerdict.COLLAPSED)
                fall = after_queue(self._estimate_bps, flow, burst=queue is QueueVerdict.BURST)
                self._fall(fall, now_ms)
        elif self._loss.grows_with_rate():
            if not held:
                self._fall(after_loss(self._estimate_bps, self._flow()), now_ms)
        elif queue is QueueVerdict.ROOM and not held and not app_limited:
            self._estimate_bps = clamped(self._growth.grown_bps(self._estimate_bps, step_ms, now_ms))

    def _flow(self, *, collapsed: bool = False) -> Flow:
        received_bps = self._received.bps
        if collapsed:
            received_bps = min(received_bps, self._received.lately_bps(COLLAPSE_WINDOW_US))
        return Flow(self._sent.bps, received_bps, self._loss.ratio)

    def _fall(self, fall: Fall, now_ms: float) -> None:
        self._tested = True
        self._growth.found_full(fall.full_at_bps, now_ms)
        self._estimate_bps = clamped(min(self._estimate_bps, fall.to_bps))
        self._hold_until_ms = now_ms + self._hold_ms(FEEDBACK_MS + self._delay.queue_ms)

    def _hold_ms(self, own_ms: float) -> float:
        """A round trip and ``own_ms``; bounded, because a round trip through a gap is as long as the gap."""
        return min(MAX_HOLD_MS, own_ms + (self._reported.rtt_ms or 0.0))
