"""Whether loss is simply there or grows with the rate: half a minute of what was sent and what was lost.

Owns: loss by second of sending, and the comparison of seconds at different rates. Must never judge delay.
On rural links 5 to 20 % of random loss is ordinary and sending less does not cure it; loss that is higher
at the higher rate, by more than chance explains, is a full link without a queue (a policer, a short
buffer).
"""

from __future__ import annotations

from collections import deque
from math import sqrt

from media.core.estimate.transportwide import PacketResult

BIN_US = 1_000_000
HISTORY_BINS = 30
# "Now" must be long enough to hold 30 packets of voice at 17 packets/s, and short enough to react.
RECENT_BINS = 3
MIN_PACKETS = 30
# A second counts as "at a lower rate" below this share of the present one.
LOWER_RATE = 0.8
# Asked each second of a call, three standard errors err once in ten minutes and take half of the picture for half a
# minute; four err once in nine hours.
ERRORS = 4.0
# And a difference that one can hear besides.
MIN_DIFFERENCE = 0.05
# So much loss with nothing to compare it with is worth one experiment at a lower rate. Three standard
# errors of 20 % over four seconds of voice, which is still ordinary.
HEAVY_LOSS = 0.35
# Lost numbers remembered, in case they come late; as many as fit into the history of a rich stream.
MAX_LOST = 2_000


class _Bin:
    __slots__ = ("lost", "packets", "second", "size_bytes")

    def __init__(self, second: int) -> None:
        self.second = second
        self.size_bytes = 0
        self.packets = 0
        self.lost = 0


class LossHistory:
    """Loss of one leg's packets by the second in which they were sent."""

    def __init__(self) -> None:
        self._bins: deque[_Bin] = deque(maxlen=HISTORY_BINS)
        self._lost: dict[int, _Bin] = {}
        self._judged_second = -1

    def add(self, result: PacketResult) -> None:
        """One packet's fate; a packet told lost before and received now is corrected."""
        was_lost_in = self._lost.pop(result.sequence, None)
        if was_lost_in is not None and result.arrived_us is not None:
            was_lost_in.lost -= 1
            return
        place = self._bin(result.sent_us // BIN_US)
        place.packets += 1
        place.size_bytes += result.size_bytes
        if result.arrived_us is None:
            place.lost += 1
            self._lost[result.sequence] = place
            if len(self._lost) > MAX_LOST:
                del self._lost[next(iter(self._lost))]

    @property
    def packets(self) -> int:
        """Packets in the last seconds."""
        return _packets(self._recent())

    @property
    def ratio(self) -> float:
        """Share lost in the last seconds."""
        return _ratio(self._recent())

    def grows_with_rate(self) -> bool:
        """Whether more is lost now than was lost at lower rates, or too much to leave lower rates untried.

        True at most once for each second of sending: asking more often only tries one's luck.
        """
        if not self._bins or self._bins[-1].second == self._judged_second:
            return False
        recent = self._recent()
        if _packets(recent) < MIN_PACKETS:
            return False
        self._judged_second = recent[-1].second
        # The newest second is not over, so its rate is not known.
        whole = recent[:-1] or recent
        rate = sum(place.size_bytes for place in whole) / len(whole)
        past = [place for place in self._bins if place.second < recent[0].second and place.packets]
        lower = [place for place in past if place.size_bytes < LOWER_RATE * rate]
        if _packets(lower) >= MIN_PACKETS:
            return _loses_more(recent, lower)
        higher = [place for place in past if place.size_bytes > rate / LOWER_RATE]
        sending_less_helped = _packets(higher) < MIN_PACKETS or _loses_more(higher, recent)
        return _ratio(recent) > HEAVY_LOSS and sending_less_helped

    def _bin(self, second: int) -> _Bin:
        if not self._bins or second > self._bins[-1].second:
            self._bins.append(_Bin(second))
        for place in reversed(self._bins):
            if place.second <= second:
                return place
        return self._bins[0]

    def _recent(self) -> list[_Bin]:
        if not self._bins:
            return []
        oldest = self._bins[-1].second - RECENT_BINS
        recent: list[_Bin] = []
        for place in reversed(self._bins):  # the newest few of thirty
            if place.second < oldest:
                break
            recent.append(place)
        return recent[::-1]


def _packets(places: list[_Bin]) -> int:
    return sum(place.packets for place in places)


def _ratio(places: list[_Bin]) -> float:
    return sum(place.lost for place in places) / max(1, _packets(places))


def _loses_more(some: list[_Bin], others: list[_Bin]) -> bool:
    """Whether ``some`` lost a larger share than ``others``, by more than chance (two-proportion z test)."""
    pooled = _ratio([*some, *others])
    error = sqrt(pooled * (1 - pooled) * (1 / _packets(some) + 1 / _packets(others)))
    return _ratio(some) - _ratio(others) > max(MIN_DIFFERENCE, ERRORS * error)
