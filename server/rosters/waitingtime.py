"""How long people like this one have waited lately: an honest range, or the word that it is not known.

Owns: the estimate. Pure. Must never show one number as if it were a promise, make one of too few cases, nor leave
out those who gave up: they waited too, and nobody came (Kaplan and Meier 1958, doi:10.1080/01621459.1958.10501452).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

# Four weeks: rosters repeat by the week, and the season has not changed yet.
HISTORY_S = 28 * 24 * 3600
# The same hour of the day, give or take one: a night is not a morning.
HOURS_AROUND = 1
# Of fewer than eight, the range is the range of chance.
LEAST_SAMPLES = 8

# Shares are products of fractions: nine tenths may come out a hair below.
ROUNDING = 1e-9

HOUR_S = 3600
HOURS_A_DAY = 24


class Wait(NamedTuple):
    """One wait of the past, in UTC seconds; not ``answered``: it ended because somebody gave up."""

    asked: float
    ended: float
    answered: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """Half of them waited less than ``median_s``; eight in ten between ``low_s`` and ``high_s``."""

    median_s: int
    low_s: int
    high_s: int


def estimate(history: Iterable[Wait], now: float) -> Estimate | None:
    """From waits of the past; None while too few were answered, or most gave up."""
    hour = _hour(now)
    waits = sorted(
        (max(0.0, one.ended - one.asked), not one.answered)
        for one in history
        if now - HISTORY_S <= one.asked <= now and _apart(_hour(one.asked), hour) <= HOURS_AROUND
    )
    if sum(not gave_up for _, gave_up in waits) < LEAST_SAMPLES:
        return None
    low, median, high = (_within(waits, share) for share in (0.1, 0.5, 0.9))
    if low is None or median is None:
        return None
    # Where more than one in ten gave up late, the longest wait there was is the least that can be said.
    return Estimate(int(median), int(low), int(high if high is not None else waits[-1][0]))


def _within(waits: list[tuple[float, bool]], share: float) -> float | None:
    """How long it takes until this share is answered; ``waits`` sorted, each with whether it was given up."""
    still_waiting = 1.0
    for index, (waited, gave_up) in enumerate(waits):
        if not gave_up:
            still_waiting *= 1 - 1 / (len(waits) - index)
        if 1 - still_waiting >= share - ROUNDING:
            return waited
    return None


def _hour(at: float) -> int:
    return int(at // HOUR_S) % HOURS_A_DAY


def _apart(one: int, other: int) -> int:
    distance = abs(one - other)
    return min(distance, HOURS_A_DAY - distance)
