"""Hides small counts, which could identify people, and the counts from which a small one could be computed.

Owns: the rule of statistics offices (primary and complementary suppression of one row of counts with its
total). Pure. Must never give a count of one to four, nor a total from which a hidden count follows by subtraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")

# The usual threshold of health statistics: neighbours could recognise the people in a smaller cell.
SMALLEST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Cells(Generic[K]):
    """Counts for publication; None: hidden. ``total`` is None if the sum would reveal a hidden count."""

    counts: Mapping[K, int | None]
    total: int | None


def suppressed(counts: Mapping[K, int], *, total_is_known: bool = True) -> Cells[K]:
    """The counts that may be published. Zeros are published: they are about nobody.

    ``total_is_known``: readers know the total from elsewhere (another table, another filter), so a single hidden
    cell hides the smallest other cell as well; otherwise it hides the total.
    """
    hidden = {key for key, count in counts.items() if 0 < count < SMALLEST_TOLD}
    total = sum(counts.values())
    if total_is_known and len(hidden) == 1:
        others = [key for key in counts if key not in hidden and counts[key] > 0]
        if others:
            hidden.add(min(others, key=lambda key: counts[key]))
    told = {key: None if key in hidden else count for key, count in counts.items()}
    # A small sum of two hidden cells would reveal that each is smaller still.
    rest = sum(counts[key] for key in hidden)
    safe = not hidden or (total_is_known and len(hidden) > 1 and rest >= SMALLEST_TOLD)
    return Cells(told, total if safe else None)
