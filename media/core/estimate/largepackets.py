"""Whether a path drops large packets without a word and carries small ones, as a tunnel with a small MTU does.

                         what was lost                       what passed meanwhile
    `LargePackets`       20 packets, in four of 8 s,         smaller ones, three of four at least
                         larger than any that arrived
    `UnseenPicture`      10 packets since a keyframe was     voice
                         asked for, which never came

Owns: the two verdicts. `LargePackets` is for the direction in which we send: transport-wide feedback gives the
result of each packet. `UnseenPicture` is for the direction in which we receive: nobody knows the size of a packet
that never came, but sender reports count it (RFC 3550 section 6.4.1). Must never judge a rate: on a full link, and
in a storm of losses, packets of all sizes are lost. All times are ms on the caller's clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from media.core.estimate.twccsender import PacketResult

WINDOW_MS = 8_000.0
# How often the verdict is made anew.
SECOND_MS = 1_000.0
# Of random loss, even at 50 %, the 20 largest packets are never all lost.
LARGE_LOST = 20
# A gap or a full queue may take a whole keyframe, but not one in four different seconds.
LOST_IN_SECONDS = 4
SMALL_ARRIVED = 5
# Small packets may be lost too, but most of them arrive.
SMALL_LOST_SHARE = 0.25
# On a thin link, a keyframe that was asked for takes a few seconds to begin to come.
UNSEEN_MS = 10_000.0
UNSEEN_PACKETS = 10


@dataclass(slots=True)
class _Second:
    """The results of one second. ``lost``: the size of each lost packet on the wire."""

    began_ms: float
    arrived: int = 0
    largest_bytes: int = 0
    lost: list[int] = field(default_factory=list)


class LargePackets:
    """The large packets that we send. Give it the results of transport-wide feedback."""

    def __init__(self) -> None:
        self._seconds: deque[_Second] = deque()
        self.vanish = False
        """Every packet over some size was lost, many and again and again, and most smaller ones arrived."""

    def on_results(self, results: Sequence[PacketResult], now_ms: float) -> None:
        """Take in new results."""
        if not self._seconds or now_ms - self._seconds[-1].began_ms >= SECOND_MS:
            self.vanish = self._judge(now_ms)
            self._seconds.append(_Second(now_ms))
        second = self._seconds[-1]
        for result in results:
            if result.arrived_us is None:
                second.lost.append(result.size_bytes)
            else:
                second.arrived += 1
                second.largest_bytes = max(second.largest_bytes, result.size_bytes)

    def _judge(self, now_ms: float) -> bool:
        seconds = self._seconds
        while seconds and seconds[0].began_ms < now_ms - WINDOW_MS:
            seconds.popleft()
        largest_bytes = max((second.largest_bytes for second in seconds), default=0)
        large_lost = [sum(size > largest_bytes for size in second.lost) for second in seconds]
        if sum(large_lost) < LARGE_LOST or sum(map(bool, large_lost)) < LOST_IN_SECONDS:
            return False
        arrived = sum(second.arrived for second in seconds)
        small_lost = sum(len(second.lost) for second in seconds) - sum(large_lost)
        return arrived >= SMALL_ARRIVED and small_lost <= SMALL_LOST_SHARE * arrived


class UnseenPicture:
    """A picture that we receive. Give it the sender's reports, and call `follow` a few times a second."""

    def __init__(self) -> None:
        self._missing = 0
        self._missing_before = 0
        self.vanishes = False
        """Its packets are sent, no keyframe comes that was asked for, and voice does come."""

    def reported(self, sent: int, received: int) -> None:
        """A sender report: how many packets of the picture were sent, and how many of them have arrived."""
        self._missing = sent - received

    def follow(self, waiting_ms: float, voice_lost_ratio: float) -> None:
        """``waiting_ms``: how long a receiver has waited for a keyframe, 0 if none waits."""
        if not waiting_ms:
            self._missing_before = self._missing
        self.vanishes = (
            waiting_ms >= UNSEEN_MS
            and self._missing - self._missing_before >= UNSEEN_PACKETS
            and voice_lost_ratio <= SMALL_LOST_SHARE
        )
