"""The period of a report: whole days in UTC, which is the time of Bamako all year.

Owns: `Period` and its calendar months. Pure. Must never give a part of a month, nor one that goes on: small counts
cover whole months that are over, so that nobody can subtract one report from another, nor ask again until a number
changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

# Five quarters: a year, and one quarter of the year before to compare with.
LONGEST_DAYS = 460


class NoPeriod(ValueError):
    """The last day is before the first, or the period is too long."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last day, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if not 0 <= (self.last - self.first).days < LONGEST_DAYS:
            raise NoPeriod

    @property
    def begins_at(self) -> float:
        """UTC seconds of its beginning."""
        return _seconds(self.first)

    @property
    def ends_at(self) -> float:
        """UTC seconds of its end, which is the beginning of the next day."""
        return _seconds(self.last + timedelta(days=1))

    def months(self, now: float) -> Iterator[tuple[str, float, float]]:
        """Every whole calendar month of the period that is over at ``now`` (UTC seconds): its name (2026-04), its
        beginning and its end.
        """
        month = self.first if self.first.day == 1 else _next_month(self.first)
        while (after := _next_month(month)) <= self.last + timedelta(days=1) and _seconds(after) <= now:
            yield month.strftime("%Y-%m"), _seconds(month), _seconds(after)
            month = after


def day_of(at: float) -> str:
    """The UTC day of a moment, as 2026-04-09."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _seconds(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
