"""What one leg's downlink can carry, judged from the fate of the packets we sent.

Owns: the estimate of a leg's rate, its queueing delay, loss and use, from transport-wide results and report
blocks. Must never decide what is sent: steering.py does. The rules are few, after the lessons of GCC
(Carlucci et al., 2016) for links where loss is ordinary: queueing delay is congestion, loss is congestion
only where it grows with the rate that we send. Sizes are bytes on the wire, so the estimate is too. A
fuller controller may replace this class.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median

from media.core.estimate.losshistory import LossHistory
from media.core.estimate.transportwide import PacketResult
from media.core.estimate.windowedmin import WindowedMinimum

# Under this even the thinnest voice (9.5 kbit/s) does not fit, so a lower estimate has no use.
MIN_ESTIMATE_BPS = 9_500.0
# No page of ours shows more than this; it bounds what a receiver with a false clock can claim.
MAX_ESTIMATE_BPS = 8_000_000.0

# Radio schedulers hold packets for 40 ms and more without being full.
QUEUE_TOLERANCE_MS = 60.0
# A packet that waits behind one video packet is not congestion yet. On thin links a frame is about 600 bytes.
THIN_FRAME_BITS = 600 * 8
MAX_SERIALISATION_MS = 120.0
# What the delay never falls under for half a minute is a radio's jitter, unless it is more than this.
MAX_JITTER_MS = 60.0
# Under this share of the tolerated queue the link has room to grow into.
ROOM_SHARE = 0.6

BACK_OFF = 0.85  # of what gets through: the rest drains the queue
COMES_THROUGH_BACK_OFF = 0.8
# Less than this of what we send comes through: the link is full of us, whatever was believed of it.
OURS_SHARE = 0.9
# A queue shorter than this many tolerances is a burst's, of repeats or of a keyframe: a collapsed link's grows by
# its whole length between two answers. What came just then says little: chance loses a fifth in some seconds.
BURST_QUEUE = 1.5
# While much less is sent than the link is thought to take, a queue must be longer to be ours.
IDLE_BURST_QUEUE = 2.5
# So the link is full not far under what was believed of it.
BURST_CEILING_SHARE = 0.92
# Loss up to here is taken for the air's when that is judged; what a full queue drops is far more.
AIR_LOSS = 0.15
LOSS_BACK_OFF = 0.9  # where nothing queues, nothing needs draining
# And so much less is enough to see whether less helps (losshistory.py compares from a fifth less on).
LOSS_LEAST_SHARE = 0.7
# An effect of a back-off cannot be seen before a round trip and one feedback interval have passed.
FEEDBACK_MS = 300.0
MAX_HOLD_MS = 2_000.0
GROWTH_PER_S = 1.08
# Close to where the link was last found full: feel the way, or the queue swings. Just under it stay for a while:
# each step further costs a queue, and a fall.
CAREFUL_GROWTH_PER_S = 1.02
CEILING_BAND = (0.8, 1.25)
CEILING_HELD_SHARE = 0.97
CEILING_HELD_MS = 30_000.0
# An estimate that nothing exercises must not grow. The steps of a picture lie a quarter apart, and take four fifths
# of the room: so little is used just before the next step.
USED_SHARE = 0.6
# On a path this long what is too much shows a second later, when more has been taken: believe in less than that.
LONG_RTT_MS = 400.0
LONG_USED_SHARE = 0.72
# One late timer must not count as a second of proven use.
MAX_STEP_MS = 500.0

# A page tells four times a second what came. Silence for longer than this is a full way, there or back, or none.
SILENCE_MS = 1_000.0
# After a silence a queue of so much is no burst let go, and after a silence of so long a link may be another: voice
# alone proves nothing, so begin with a voice for 2G and let trains find out.
RETURN_QUEUE_MS = 150.0
RETURN_MS = 5_000.0
RETURN_BPS = 24_000.0
# A round trip before one is known: the longest of 2G.
UNKNOWN_RTT_MS = 1_500.0

# Fewer than this in the last seconds, and one that is lost is a fifth of them.
FEW_PACKETS = 10
RATE_WINDOW_US = 1_000_000
# A queue grown by so many tolerances is that of a link that has collapsed: what came before says nothing more.
COLLAPSE_QUEUE = 3.0
COLLAPSE_WINDOW_US = 400_000
SMOOTHING = 0.5  # of the queue, for each feedback
RTT_SMOOTHING = 0.25

# Two gaps at least; a train of four may lose one.
MIN_TRAIN = 3
TRAIN_GAP_US = 100_000
# A train behind which no media stood for this long had the link to itself.
ALONE_US = 1_000_000
# A train that arrives this much slower than it left was held by the link, not by us.
TRAINS_KEPT = 3
TRAIN_SLOWED = 0.8
# One train is one sample: do not jump further on it.
MAX_PROBE_STEP = 3.0
# The short trains of a call may have been bunched by the radio.
MAX_CALL_STEP = 2.5


class SendEstimate:
    """The downlink of one leg. Feed it `on_results` and `on_report_block`, read its properties."""

    def __init__(self, start_bps: float) -> None:
        self._estimate_bps = _clamped(start_bps)
        self._queue_ms = 0.0
        self._newest_queue_ms = 0.0
        self._least_queue_ms = 0.0
        self._queue_floor = WindowedMinimum()
        self._rtt_ms: float | None = None
        self._rtt_reported = False
        self._reported_loss: float | None = None
        self._delay_base = WindowedMinimum()
        self._received = _RateWindow()
        self._sent = _RateWindow()
        self._loss = LossHistory()
        self._train: list[PacketResult] = []
        self._train_rates: deque[float] = deque(maxlen=TRAINS_KEPT)
        self._before_train_bps = self._estimate_bps
        self._media_sent_us: int | None = None
        self._tested = False
        self._last_ms: float | None = None
        self._silent = False
        self._returning = False  # from a silence, and what is known has not proved true again
        self._returned_full = False
        self._silent_since_ms = 0.0
        self._hold_until_ms = 0.0
        self._ceiling_bps: float | None = None
        self._ceiling_ms = 0.0

    @property
    def estimate_bps(self) -> int:
        """What the link carries, in bit/s on the wire; while the peer tells nothing, the least that is of use."""
        return round(MIN_ESTIMATE_BPS if self._silent or self._returning else self._estimate_bps)

    @property
    def queue_ms(self) -> float:
        """One-way delay above its least of the last 30 s, smoothed."""
        return self._queue_ms

    @property
    def loss_ratio(self) -> float:
        """Share of packets lost in the last seconds (0 to 1); from report blocks where nothing else tells."""
        if self._loss.packets < FEW_PACKETS and self._reported_loss is not None:
            return self._reported_loss
        return self._loss.ratio

    @property
    def received_bps(self) -> float:
        """What arrived in the last second in which anything did, probes included; 0 before."""
        return self._received.bps

    @property
    def rtt_ms(self) -> float | None:
        """Round trip, smoothed; None before the first report block or feedback."""
        return self._rtt_ms

    @property
    def app_limited(self) -> bool:
        """Whether so little is sent that the estimate is not being tested."""
        share = LONG_USED_SHARE if (self._rtt_ms or 0.0) > LONG_RTT_MS else USED_SHARE
        return self._sent.bps < share * self._estimate_bps

    @property
    def tested(self) -> bool:
        """Whether anything has borne the estimate out, a train or a queue; before, it is an assumption."""
        return self._tested

    @property
    def limit_bps(self) -> float | None:
        """Where the link was last found full, None while it was not; the estimate may be much less than that."""
        return self._ceiling_bps

    @property
    def silent(self) -> bool:
        """Whether the peer has told nothing for longer than it should."""
        return self._silent

    @property
    def cluster_bps(self) -> float | None:
        """What the last trains told, None before the first that came through."""
        return max(self._train_rates, default=0.0) or None

    @property
    def queue_tolerance_ms(self) -> float:
        """The queueing delay above which the link counts as congested."""
        own_ms = min(MAX_SERIALISATION_MS, THIN_FRAME_BITS * 1000 / self._estimate_bps)
        return QUEUE_TOLERANCE_MS + own_ms + min(MAX_JITTER_MS, self._least_queue_ms)

    def on_report_block(self, loss_ratio: float | None, rtt_ms: float | None) -> None:
        """A report block about a stream of this leg: loss since the last (0 to 1), round trip, each if known."""
        if rtt_ms is not None:
            known_ms = self._rtt_ms if self._rtt_reported and self._rtt_ms is not None else rtt_ms
            self._rtt_ms = known_ms + RTT_SMOOTHING * (rtt_ms - known_ms)
            self._rtt_reported = True
        if loss_ratio is None:
            return
        old = loss_ratio if self._reported_loss is None else self._reported_loss
        self._reported_loss = old + SMOOTHING * (loss_ratio - old)

    def on_silence(self, unanswered_ms: float) -> None:
        """Asked now and then: for so long the peer has told nothing about what we sent (0: it has told of all).

        What was known comes back when voice alone does not queue, unless the silence was long or ended in a queue.
        """
        self._silent = unanswered_ms - (self._rtt_ms or UNKNOWN_RTT_MS) > SILENCE_MS

    def on_resumed(self, now_ms: float) -> None:
        """What we held back flows again: for a moment what came is no measure of what could."""
        self._hold_until_ms = max(self._hold_until_ms, now_ms + self._hold_ms(RATE_WINDOW_US / 1000))

    def on_results(self, results: Sequence[PacketResult], now_ms: float) -> None:
        """What became of packets, in order of their numbers; ``now_ms`` is on the clock of sending."""
        if not results:
            return
        if self._silent:
            if not self._returning:
                self._silent_since_ms = self._last_ms or now_ms
                self._returned_full = self._queue_ms > RETURN_QUEUE_MS
            # What waited out a gap arrives first, and tells of the gap: judge what follows it.
            self._silent, self._returning = False, True
            self._hold_until_ms = now_ms + self._hold_ms(FEEDBACK_MS)
        if not self._take_in(results, now_ms):
            return
        if self._returning:
            self._return(now_ms)
            return
        step_ms = 0.0 if self._last_ms is None else min(MAX_STEP_MS, max(0.0, now_ms - self._last_ms))
        self._last_ms = now_ms
        if self._congested:
            self._back_off(now_ms, queued=True)
        elif self._loss.grows_with_rate():
            self._back_off(now_ms, queued=False)
        elif self._has_room and now_ms >= self._hold_until_ms:
            self._grow(step_ms, now_ms)

    def _return(self, now_ms: float) -> None:
        if now_ms < self._hold_until_ms:
            return  # these were sent before the silence
        if self._newest_queue_ms > RETURN_QUEUE_MS:
            self._returned_full = True
        elif self._newest_queue_ms < self.queue_tolerance_ms:
            if self._returned_full or now_ms - self._silent_since_ms > RETURN_MS:
                self._estimate_bps = min(self._estimate_bps, RETURN_BPS)
            self._returning = self._returned_full = False

    def _take_in(self, results: Sequence[PacketResult], now_ms: float) -> bool:
        """Note what became of these; whether any of them was media."""
        probes: list[PacketResult] = []
        delays_ms: list[float] = []
        sent_us: list[int] = []
        for result in results:
            _, left_us, arrived_us, size_bytes, probe = result
            if arrived_us is not None:
                self._received.add(arrived_us, size_bytes)
            if probe:
                # A train queues behind itself and may overflow: that is its purpose, and says nothing about our
                # media.
                probes.append(result)
                continue
            sent_us.append(left_us)
            self._loss.add(result)
            self._sent.add(left_us, size_bytes)
            if arrived_us is not None:
                delay_ms = (arrived_us - left_us) / 1000
                delays_ms.append(delay_ms)
                self._delay_base.add(delay_ms, left_us / 1000)
        if delays_ms:
            queue_ms = median(delays_ms) - self._delay_base.value
            self._queue_ms += SMOOTHING * (queue_ms - self._queue_ms)
            self._newest_queue_ms = delays_ms[-1] - self._delay_base.value
            self._queue_floor.add(self._queue_ms, now_ms)
            self._least_queue_ms = self._queue_floor.value
        if sent_us:
            self._media_sent_us = sent_us[-1]
            if not self._rtt_reported:
                self._bound_rtt(now_ms - max(sent_us) / 1000)
        if probes:
            self._take_in_train(probes)
        return bool(sent_us)

    def _bound_rtt(self, sample_ms: float) -> None:
        """Until a report block tells better: the least round trip of feedback, slowly forgotten."""
        self._rtt_ms = sample_ms if self._rtt_ms is None else min(self._rtt_ms * 1.01, sample_ms)

    @property
    def _congested(self) -> bool:
        # After a stall of the radio everything arrives at once, each packet less late: that queue drains by
        # itself.
        draining = self._newest_queue_ms < 0.75 * self._queue_ms
        return self._queue_ms > self.queue_tolerance_ms and not draining

    @property
    def _has_room(self) -> bool:
        return self._queue_ms < ROOM_SHARE * self.queue_tolerance_ms

    def _back_off(self, now_ms: float, *, queued: bool) -> None:
        """Fall, because of a queue or of a loss that grows with the rate."""
        if now_ms < self._hold_until_ms:
            return
        arrives = 1 - min(AIR_LOSS, self._loss.ratio)
        received_bps = self._received.bps
        if queued and self._newest_queue_ms > COLLAPSE_QUEUE * self.queue_tolerance_ms:
            received_bps = min(received_bps, self._received.lately_bps(COLLAPSE_WINDOW_US))
        got_bps = (BACK_OFF if queued else LOSS_BACK_OFF) * received_bps / arrives
        self._tested = True
        comes_through = received_bps >= OURS_SHARE * arrives * self._sent.bps
        least = IDLE_BURST_QUEUE if self.app_limited else BURST_QUEUE
        burst = queued and self._newest_queue_ms < least * self.queue_tolerance_ms
        if not queued:
            got_bps = max(got_bps, LOSS_LEAST_SHARE * self._estimate_bps)
        if comes_through or burst:
            # All that we send comes through: the link was hardly too full of us, or the queue is somebody else's.
            got_bps = max(got_bps, COMES_THROUGH_BACK_OFF * self._estimate_bps)
        self._ceiling_bps = max(got_bps, received_bps / arrives)
        if burst:
            self._ceiling_bps = max(self._ceiling_bps, BURST_CEILING_SHARE * self._estimate_bps)
        self._ceiling_ms = now_ms
        self._estimate_bps = _clamped(min(self._estimate_bps, got_bps))
        self._hold_until_ms = now_ms + self._hold_ms(FEEDBACK_MS + self._queue_ms)

    def _hold_ms(self, own_ms: float) -> float:
        """A round trip and ``own_ms``; bounded, for one through a gap is as long as the gap."""
        return min(MAX_HOLD_MS, own_ms + (self._rtt_ms or 0.0))

    def _grow(self, step_ms: float, now_ms: float) -> None:
        if self.app_limited:
            return
        most_bps, per_s = MAX_ESTIMATE_BPS, GROWTH_PER_S
        if self._ceiling_bps is not None and self._estimate_bps > CEILING_BAND[0] * self._ceiling_bps:
            per_s = CAREFUL_GROWTH_PER_S
            if now_ms - self._ceiling_ms < CEILING_HELD_MS:
                most_bps = CEILING_HELD_SHARE * self._ceiling_bps
            elif self._estimate_bps > CEILING_BAND[1] * self._ceiling_bps:
                self._ceiling_bps = None  # the link has widened
        grown_bps = min(self._estimate_bps * per_s ** (step_ms / 1000), most_bps)
        self._estimate_bps = _clamped(max(self._estimate_bps, grown_bps))

    def _take_in_train(self, probes: Sequence[PacketResult]) -> None:
        """Take the rate at which a train of probes came through, as far as it has come."""
        if not self._train or probes[0].sent_us - self._train[-1].sent_us > TRAIN_GAP_US:
            self._train = []
            self._train_rates.append(0.0)
            self._before_train_bps = self._estimate_bps
        self._train += probes
        rate_bps = _train_bps(self._train)
        if rate_bps is None:
            return
        sent_bps = _dispersion_bps([(result.sent_us, result.size_bytes) for result in self._train])
        self._train_rates[-1] = rate_bps
        # What else crosses the link can only slow a train, so the fastest of the last ones tells. A train that left
        # slower than the link is fast measures the train.
        rate_bps = max(self._train_rates)
        measured_bps = BACK_OFF * min(rate_bps, sent_bps)
        spread = rate_bps < TRAIN_SLOWED * sent_bps
        alone = self._media_sent_us is None or self._train[0].sent_us - self._media_sent_us > ALONE_US
        if measured_bps > self._before_train_bps:
            if self._has_room:
                step = MAX_PROBE_STEP if alone else MAX_CALL_STEP
                self._estimate_bps = _clamped(min(measured_bps, step * self._before_train_bps))
        elif spread and (alone or not self._tested):
            self._estimate_bps = _clamped(measured_bps)
        if spread and (alone or not self._tested):
            # This is where the link is full, so feel the way from here on.
            self._ceiling_bps = rate_bps
            self._ceiling_ms = probes[-1].sent_us / 1000
        self._tested = True


class _RateWindow:
    """Bits per second over the last second of its own clock."""

    def __init__(self) -> None:
        self._items: deque[tuple[int, int]] = deque()
        self._bytes = 0
        self._first_us: int | None = None

    def add(self, at_us: int, size_bytes: int) -> None:
        if self._first_us is None:
            self._first_us = at_us
        self._items.append((at_us, size_bytes))
        self._bytes += size_bytes
        while self._items[0][0] <= at_us - RATE_WINDOW_US:
            self._bytes -= self._items.popleft()[1]

    @property
    def bps(self) -> float:
        if self._first_us is None:
            return 0.0
        # Half a second at least: the first packets of a stream say nothing about its rate.
        span_us = min(RATE_WINDOW_US, max(RATE_WINDOW_US // 2, self._items[-1][0] - self._first_us))
        return self._bytes * 8_000_000 / span_us

    def lately_bps(self, window_us: int) -> float:
        """Over the last ``window_us`` only, less than a second."""
        if not self._items:
            return 0.0
        since_us = self._items[-1][0] - window_us
        return sum(size for at_us, size in self._items if at_us > since_us) * 8_000_000 / window_us


def _train_bps(train: Sequence[PacketResult]) -> float | None:
    """The rate at which a train arrived, None while too little of it has.

    What was lost between two that came took its time on the link too.
    """
    came = [index for index, result in enumerate(train) if result.arrived_us is not None]
    if len(came) < MIN_TRAIN:
        return None
    first, last = train[came[0]].arrived_us, train[came[-1]].arrived_us
    assert first is not None
    assert last is not None
    sizes = [result.size_bytes for result in train[came[0] + 1 : came[-1] + 1]]
    return sum(sizes) * 8_000_000 / (last - first) if last > first else MAX_ESTIMATE_BPS


def _dispersion_bps(points: Sequence[tuple[int, int]]) -> float:
    """Rate of a train from (µs, bytes): what came after the first, over the time it took."""
    span_us = points[-1][0] - points[0][0]
    size_bytes = sum(size for _, size in points[1:])
    return size_bytes * 8_000_000 / span_us if span_us > 0 else MAX_ESTIMATE_BPS


def _clamped(bps: float) -> float:
    return max(MIN_ESTIMATE_BPS, min(MAX_ESTIMATE_BPS, bps))
