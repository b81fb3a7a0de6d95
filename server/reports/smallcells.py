"""Counts that give nobody away: small cells are not told, nor what would let somebody work them out.

Owns: the rule of statistics offices (primary and complementary suppression of one row of counts with its
total). Pure. Must never give a count of one to four, nor a total from which a hidden count follows by subtraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")

# The usual threshold of health statistics: fewer than five people in a cell could be known to their neighbours.
SMALLEST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Cells(Generic[K]):
    """Counts as they may be told; None: hidden. ``total`` None: the sum would tell what is hidden."""

    counts: Mapping[K, int | None]
    total: int | None


def suppressed(counts: Mapping[K, int], *, total_is_known: bool = True) -> Cells[K]:
    """What may be told of these counts. A zero is told: it is about nobody.

    ``total_is_known``: the total can be had elsewhere (another table, another filter), so a single hidden cell
    takes another one with it, the smallest of the rest; otherwise the total is withheld with it.
    """
    hidden = {key for key, count in counts.items() if 0 < count < SMALLEST_TOLD}
    total = sum(counts.values())
    if total_is_known and len(hidden) == 1:
        others = [key for key in counts if key not in hidden and counts[key] > 0]
        if others:
            hidden.add(min(others, key=lambda key: counts[key]))
    told = {key: None if key in hidden else count for key, count in counts.items()}
    # Two hidden cells whose sum is small would still say that each is smaller.
    rest = sum(counts[key] for key in hidden)
    safe = not hidden or (total_is_known and len(hidden) > 1 and rest >= SMALLEST_TOLD)
    return Cells(told, total if safe else None)
