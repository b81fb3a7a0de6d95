"""Tells of counts only those that identify nobody.

Owns: the rule of statistics offices (suppression of small cells, zeros included), for one table of counts and its
total. Pure. Must never give a count of zero to four, nor a total from which a hidden count could be narrowed down
by subtraction. That there was nobody is told no more than that there were four: or one more case would show.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")

# The usual threshold of health statistics: neighbours could recognise the people in a smaller cell.
SMALLEST_TOLD = 5
LARGEST_HIDDEN = SMALLEST_TOLD - 1


@dataclass(frozen=True, slots=True)
class Cells(Generic[K]):
    """The counts that may be published; every other one is below `SMALLEST_TOLD`. None: the total is hidden."""

    counts: Mapping[K, int]
    total: int | None


def suppressed(counts: Mapping[K, int], every: Collection[K]) -> Cells[K]:
    """The counts that may be published. ``every``: all cells of the table, those without anybody included."""
    told = {key: count for key, count in counts.items() if count >= SMALLEST_TOLD}
    hidden = len(set(every) | set(counts)) - len(told)
    rest = sum(counts.values()) - sum(told.values())
    # Whoever subtracts learns the sum of the hidden cells: it must not be small, nor so large that each of them has
    # somebody in it for certain.
    safe = SMALLEST_TOLD <= rest <= LARGEST_HIDDEN * (hidden - 1) or hidden == 0
    return Cells(told, sum(counts.values()) if safe else None)
