"""The verdict of delay: how long packets queue on the link, and whether that is congestion.

Owns: one-way queueing delay (delay above its minimum of the last 30 s, which needs no common clock), and the
tolerated queue: a radio's jitter and one video frame ahead are not congestion. After GCC (Carlucci et al., 2016).
Must never see probes: a cluster queues behind itself, which says nothing about our media. Must never judge loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from statistics import median

from media.core.estimate.twccsender import PacketResult
from media.core.estimate.windowedmin import WindowedMinimum

# Radio schedulers delay packets by 40 ms and more without congestion.
QUEUE_TOLERANCE_MS = 60.0
# Waiting behind one video packet is not congestion. On thin links a frame is about 600 bytes.
THIN_FRAME_BITS = 600 * 8
MAX_SERIALISATION_MS = 120.0
# A delay that lasts for half a minute is attributed to the radio's jitter up to this much; beyond it is a queue.
MAX_JITTER_MS = 60.0
# Below this share of the tolerated queue the link has room for more.
ROOM_SHARE = 0.6
# A queue shorter than this many tolerances comes from a burst of retransmissions or from a keyframe. The queue of a
# collapsed link grows to its full length between two feedback messages.
BURST_QUEUE = 1.5
# While much less is sent than the estimate, only a queue longer than this many tolerances can be our own.
IDLE_BURST_QUEUE = 2.5
# A queue of this many tolerances means that the link has collapsed.
COLLAPSE_QUEUE = 3.0
# After a stall of the radio all packets arrive at once, each less late than the one before: this queue drains by
# itself.
DRAINING_BELOW = 0.75
SMOOTHING = 0.5  # of the queue, for each feedback


class QueueVerdict(Enum):
    """The verdict of the queue about the sent rate."""

    ROOM = auto()
    """Hardly anything queues: the estimate may grow."""
    HOLD = auto()
    """A tolerated queue, or one that drains: the estimate neither grows nor falls."""
    BURST = auto()
    """A short queue above tolerance, from a burst: the estimate falls a little."""
    FULL = auto()
    """The link is full: the estimate falls below the received rate."""
    COLLAPSED = auto()
    """The link has collapsed: the earlier received rate no longer counts."""


class QueueDelay:
    """The queueing delay of one downlink. Give it the media of each feedback, then ask for the verdict."""

    def __init__(self) -> None:
        self.queue_ms = 0.0
        """The queueing delay, smoothed over feedback messages."""
        self.newest_queue_ms = 0.0
        """The queueing delay of the newest packet that arrived."""
        self._least_queue_ms = 0.0
        self._queue_floor = WindowedMinimum()
        self._delay_base = WindowedMinimum()

    def on_feedback(self, media: Sequence[PacketResult], now_ms: float) -> None:
        """The results of one feedback about media packets, in order of their numbers."""
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
        """Whether a link of this rate has room for more."""
        return self.queue_ms < ROOM_SHARE * self.tolerance_ms(estimate_bps)

    def verdict(self, estimate_bps: float, *, app_limited: bool) -> QueueVerdict:
        """The verdict of the queue; ``app_limited``: much less is sent than ``estimate_bps``."""
        tolerance_ms = self.tolerance_ms(estimate_bps)
        draining = self.newest_queue_ms < DRAINING_BELOW * self.queue_ms
        if self.queue_ms <= tolerance_ms or draining:
            return QueueVerdict.ROOM if self.has_room(estimate_bps) else QueueVerdict.HOLD
        if self.newest_queue_ms < (IDLE_BURST_QUEUE if app_limited else BURST_QUEUE) * tolerance_ms:
            return QueueVerdict.BURST
        if self.newest_queue_ms > COLLAPSE_QUEUE * tolerance_ms:
            return QueueVerdict.COLLAPSED
        return QueueVerdict.FULL
