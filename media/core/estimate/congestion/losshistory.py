"""The verdict of loss: whether it is random, or grows with the rate that is sent.

Owns: the loss in each second of the last half minute, by time of sending, and the comparison of seconds at
different rates. Must never judge delay. On rural links 5 to 20 % of random loss is ordinary, and sending less
does not reduce it. If loss is higher at the higher rate, by more than chance explains, the link is full without a
queue (a policer, a short buffer).
"""

from __future__ import annotations

from collections import deque
from math import sqrt

from media.core.estimate.twccsender import PacketResult

SECOND_US = 1_000_000
HISTORY_SECONDS = 30
# The seconds that count as now: long enough for 30 voice packets at 17 packets/s, short enough to react.
RECENT_SECONDS = 3
MIN_PACKETS = 30
# A second counts as one at a lower rate below this share of the current rate.
LOWER_RATE = 0.8
# With one comparison each second of a call, three standard errors give a false verdict once in ten minutes, which
# halves the picture's rate for half a minute; four give one in nine hours.
ERRORS = 4.0
# Nobody hears a smaller difference.
MIN_DIFFERENCE = 0.05
# Above this loss, if there is no lower rate to compare with, a lower rate is tried. It is three standard errors
# above 20 % (still ordinary) over four seconds of voice.
HEAVY_LOSS = 0.35
# The number of lost packets that are remembered in case they arrive late.
MAX_LOST = 2_000


class _Second:
    """The packets sent in one second, and the number of them that were lost."""

    __slots__ = ("lost", "number", "packets", "size_bytes")

    def __init__(self, number: int) -> None:
        self.number = number
        self.size_bytes = 0
        self.packets = 0
        self.lost = 0


class LossHistory:
    """Loss of one leg's packets by the second in which they were sent."""

    def __init__(self) -> None:
        self._seconds: deque[_Second] = deque(maxlen=HISTORY_SECONDS)
        self._lost: dict[int, _Second] = {}
        self._judged_second = -1

    def add(self, result: PacketResult) -> None:
        """The result of one packet. A packet that counted as lost and arrives later is corrected."""
        was_lost_in = self._lost.pop(result.sequence, None)
        if was_lost_in is not None and result.arrived_us is not None:
            was_lost_in.lost -= 1
            return
        second = self._at(result.sent_us // SECOND_US)
        second.packets += 1
        second.size_bytes += result.size_bytes
        if result.arrived_us is None:
            second.lost += 1
            self._lost[result.sequence] = second
            if len(self._lost) > MAX_LOST:
                del self._lost[next(iter(self._lost))]

    @property
    def packets(self) -> int:
        """The number of packets in the last seconds."""
        return _packets(self._recent())

    @property
    def ratio(self) -> float:
        """The share of packets lost in the last seconds."""
        return _ratio(self._recent())

    def grows_with_rate(self) -> bool:
        """Whether more is lost now than at lower rates, or so much that a lower rate must be tried.

        It compares at most once for each second of sending: more comparisons would give more false verdicts.
        """
        if not self._seconds or self._seconds[-1].number == self._judged_second:
            return False
        recent = self._recent()
        if _packets(recent) < MIN_PACKETS:
            return False
        self._judged_second = recent[-1].number
        # The newest second is not over, so its rate is unknown.
        whole = recent[:-1] or recent
        rate = sum(second.size_bytes for second in whole) / len(whole)
        past = [second for second in self._seconds if second.number < recent[0].number and second.packets]
        lower = [second for second in past if second.size_bytes < LOWER_RATE * rate]
        if _packets(lower) >= MIN_PACKETS:
            return _loses_more(recent, lower)
        higher = [second for second in past if second.size_bytes > rate / LOWER_RATE]
        sending_less_helped = _packets(higher) < MIN_PACKETS or _loses_more(higher, recent)
        return _ratio(recent) > HEAVY_LOSS and sending_less_helped

    def _at(self, number: int) -> _Second:
        if not self._seconds or number > self._seconds[-1].number:
            self._seconds.append(_Second(number))
        for second in reversed(self._seconds):
            if second.number <= number:
                return second
        return self._seconds[0]

    def _recent(self) -> list[_Second]:
        if not self._seconds:
            return []
        oldest = self._seconds[-1].number - RECENT_SECONDS
        recent: list[_Second] = []
        for second in reversed(self._seconds):  # the newest few of thirty
            if second.number < oldest:
                break
            recent.append(second)
        return recent[::-1]


def _packets(seconds: list[_Second]) -> int:
    return sum(second.packets for second in seconds)


def _ratio(seconds: list[_Second]) -> float:
    return sum(second.lost for second in seconds) / max(1, _packets(seconds))


def _loses_more(some: list[_Second], others: list[_Second]) -> bool:
    """Whether ``some`` lost a larger share than ``others``, by more than chance (two-proportion z test)."""
    pooled = _ratio([*some, *others])
    error = sqrt(pooled * (1 - pooled) * (1 / _packets(some) + 1 / _packets(others)))
    return _ratio(some) - _ratio(others) > max(MIN_DIFFERENCE, ERRORS * error)
