"""How long people like this one have waited lately: an honest range, or the word that it is not known.

Owns: the estimate. Pure. Must never show one number as if it were a promise, nor make one of too few cases.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

# Four weeks: rosters repeat by the week, and the season has not changed yet.
HISTORY_S = 28 * 24 * 3600
# The same hour of the day, give or take one: a night is not a morning.
HOURS_AROUND = 1
# Of fewer than eight, the range is the range of chance.
LEAST_SAMPLES = 8

HOUR_S = 3600
HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True)
class Estimate:
    """Half of them waited less than ``median_s``; eight in ten between ``low_s`` and ``high_s``."""

    median_s: int
    low_s: int
    high_s: int


def estimate(history: Iterable[tuple[float, float]], now: float) -> Estimate | None:
    """From (asked, answered) in UTC seconds; None while there is too little to go by."""
    hour = _hour(now)
    waits = [
        max(0.0, answered - asked)
        for asked, answered in history
        if now - HISTORY_S <= asked <= now and _apart(_hour(asked), hour) <= HOURS_AROUND
    ]
    if len(waits) < LEAST_SAMPLES:
        return None
    tenths = statistics.quantiles(waits, n=10, method="inclusive")
    return Estimate(int(statistics.median(waits)), int(tenths[0]), int(tenths[-1]))


def _hour(at: float) -> int:
    return int(at // HOUR_S) % HOURS_A_DAY


def _apart(one: int, other: int) -> int:
    distance = abs(one - other)
    return min(distance, HOURS_A_DAY - distance)
