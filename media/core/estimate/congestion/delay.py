"""The verdict of delay: how long packets queue on the link, and whether that is congestion.

Owns: one-way queueing delay (delay above its least of the last 30 s, so that the two clocks need not agree),
and how much of it is tolerated: a radio's jitter and one video frame in front are no congestion. After GCC
(Carlucci et al., 2016). Must never see probes: a cluster queues behind itself, which says nothing about our
media. Must never judge loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from statistics import median

from media.core.estimate.twccsender import PacketResult
from media.core.estimate.windowedmin import WindowedMinimum

# Radio schedulers hold packets for 40 ms and more without being full.
QUEUE_TOLERANCE_MS = 60.0
# A packet that waits behind one video packet is not congestion yet. On thin links a frame is about 600 bytes.
THIN_FRAME_BITS = 600 * 8
MAX_SERIALISATION_MS = 120.0
# A delay that never goes away for half a minute is the radio's jitter, up to this much; beyond it is a queue.
MAX_JITTER_MS = 60.0
# Under this share of the tolerated queue the link has room to grow into.
ROOM_SHARE = 0.6
# A queue shorter than this many tolerances comes from a burst, of repeats or of a keyframe: the queue of a
# collapsed link grows by its whole length between two feedbacks.
BURST_QUEUE = 1.5
# While much less is sent than the link is thought to carry, only a longer queue is ours.
IDLE_BURST_QUEUE = 2.5
# A queue of so many tolerances means that the link has collapsed.
COLLAPSE_QUEUE = 3.0
# After a stall of the radio everything arrives at once, each packet less late: that queue drains by itself.
DRAINING_BELOW = 0.75
SMOOTHING = 0.5  # of the queue, for each feedback


class QueueVerdict(Enum):
    """What the queue says about the rate that is sent."""

    ROOM = auto()
    """Hardly anything queues: the estimate may grow."""
    HOLD = auto()
    """A tolerated queue, or one that drains: neither grow nor fall."""
    BURST = auto()
    """A short queue beyond tolerance, of a burst: fall a little."""
    FULL = auto()
    """The link is full: fall below what gets through."""
    COLLAPSED = auto()
    """The link has collapsed: what got through earlier says nothing any more."""


class QueueDelay:
    """The queueing delay of one downlink. Give it the media of each feedback, then ask for the verdict."""

    def __init__(self) -> None:
        self.queue_ms = 0.0
        """Smoothed over feedbacks."""
        self.newest_queue_ms = 0.0
        """Of the newest packet that arrived."""
        self._least_queue_ms = 0.0
        self._queue_floor = WindowedMinimum()
        self._delay_base = WindowedMinimum()

    def on_feedback(self, media: Sequence[PacketResult], now_ms: float) -> None:
        """What became of the media packets of one feedback, in order of their numbers."""
        delays_ms: list[float] = []
        base = self._delay_base
        for _, sent_us, arrived_us, _, _ in media:
            if arrived_us is not None:
                delay_ms = (arrived_us - sent_us) / 1000
                delays_ms.append(delay_ms)
                base.add(delay_ms, sent_us / 1000)
        if not delays_ms:
            return
        queue_ms = median(delays_ms) - base.value
        self.queue_ms += SMOOTHING * (queue_ms - self.queue_ms)
        self.newest_queue_ms = delays_ms[-1] - base.value
        self._queue_floor.add(self.queue_ms, now_ms)
        self._least_queue_ms = self._queue_floor.value

    def tolerance_ms(self, estimate_bps: float) -> float:
        """The queue above which a link of this rate counts as congested."""
        own_ms = min(MAX_SERIALISATION_MS, THIN_FRAME_BITS * 1000 / estimate_bps)
        return QUEUE_TOLERANCE_MS + own_ms + min(MAX_JITTER_MS, self._least_queue_ms)

    def has_room(self, estimate_bps: float) -> bool:
        """Whether a link of this rate has room to grow into."""
        return self.queue_ms < ROOM_SHARE * self.tolerance_ms(estimate_bps)

    def verdict(self, estimate_bps: float, *, app_limited: bool) -> QueueVerdict:
        """What the queue says; ``app_limited``: much less is sent than ``estimate_bps``."""
        tolerance_ms = self.tolerance_ms(estimate_bps)
        draining = self.newest_queue_ms < DRAINING_BELOW * self.queue_ms
        if self.queue_ms <= tolerance_ms or draining:
            return QueueVerdict.ROOM if self.has_room(estimate_bps) else QueueVerdict.HOLD
        if self.newest_queue_ms < (IDLE_BURST_QUEUE if app_limited else BURST_QUEUE) * tolerance_ms:
            return QueueVerdict.BURST
        if self.newest_queue_ms > COLLAPSE_QUEUE * tolerance_ms:
            return QueueVerdict.COLLAPSED
        return QueueVerdict.FULL
