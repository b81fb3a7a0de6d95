"""The time that a report is about: whole days, in UTC, which is the time of Bamako all year.

Owns: `Period` and its calendar months. Pure. Must never give part of a month as one: months are what counts of
survivor-safe cases are told by, so that no two reports can be subtracted from each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

# Five quarters: a year, and the quarter it is compared with.
LONGEST_DAYS = 460


class NoPeriod(ValueError):
    """The days do not follow each other, or are too many."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both of it."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if not 0 <= (self.last - self.first).days < LONGEST_DAYS:
            raise NoPeriod

    @property
    def begins_at(self) -> float:
        """UTC seconds of its first moment."""
        return _seconds(self.first)

    @property
    def ends_at(self) -> float:
        """UTC seconds of the first moment after it."""
        return _seconds(self.last + timedelta(days=1))

    def months(self) -> Iterator[tuple[str, float, float]]:
        """Every whole calendar month in it: its name (2026-04), first moment, first moment after it."""
        month = self.first if self.first.day == 1 else _next_month(self.first)
        while (after := _next_month(month)) <= self.last + timedelta(days=1):
            yield month.strftime("%Y-%m"), _seconds(month), _seconds(after)
            month = after


def day_of(at: float) -> str:
    """The UTC day of a moment, as 2026-04-09."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _seconds(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
