"""One month of a table whose small counts are hidden, as it goes to coordinators.

Owns: `MonthRow`. Pure. Must never be made for a month that goes on (period.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

import msgspec

from server.reports.smallcells import suppressed


class MonthRow(msgspec.Struct, frozen=True):
    """The counts of one month over all sites that may be told. Whatever is not among them is below five, and may be
    zero; ``total`` None: it would narrow those down.
    """

    month: str
    counts: dict[str, int]
    total: int | None


def month_row(month: str, rows: Iterable[tuple[str, int]], every: Collection[StrEnum]) -> MonthRow:
    """The row of these counts; ``every``: all that could be counted."""
    counts = {key: count for key, count in rows}  # noqa: C416 - rows, not pairs
    cells = suppressed(counts, [one.value for one in every])
    return MonthRow(month, dict(sorted(cells.counts.items())), cells.total)
