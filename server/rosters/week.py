"""Who is on the roster at a moment: weekly slots, and exceptions that win over them.

Owns: the rule. Pure. Times are UTC, which is the time of Bamako all year (Africa/Bamako has no summer time). The
roster says who should be there; the duty switch of the clinician's page says who is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MINUTE_S = 60
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
# 1 January 1970 was a Thursday; Monday is 0.
EPOCH_WEEKDAY = 3


@dataclass(frozen=True, slots=True)
class Slot:
    """Every week from ``weekday`` (0: Monday) at ``start_minute`` for so many ``minutes``, also past midnight."""

    clinician_id: str
    specialty: str
    weekday: int
    start_minute: int
    minutes: int

    def covers(self, at: float) -> bool:
        """Whether the slot runs at this UTC second."""
        start = self.weekday * DAY_MINUTES + self.start_minute
        return (minute_of_week(at) - start) % WEEK_MINUTES < self.minutes

    def next_start(self, at: float) -> float:
        """The UTC second, after ``at``, when it begins next."""
        start = self.weekday * DAY_MINUTES + self.start_minute
        ahead = (start - minute_of_week(at)) % WEEK_MINUTES or WEEK_MINUTES
        return (at // MINUTE_S + ahead) * MINUTE_S


@dataclass(frozen=True, slots=True)
class Change:
    """From ``starts_at`` until before ``ends_at`` somebody is there, or is not, whatever the week says."""

    clinician_id: str
    on_duty: bool
    starts_at: float
    ends_at: float

    def covers(self, at: float) -> bool:
        """Whether it holds at this UTC second."""
        return self.starts_at <= at < self.ends_at


def minute_of_week(at: float) -> int:
    """Minutes since Monday 00:00 UTC."""
    return (int(at // MINUTE_S) + EPOCH_WEEKDAY * DAY_MINUTES) % WEEK_MINUTES


def expected(slots: Iterable[Slot], exceptions: Iterable[Change], at: float, specialty: str = "") -> set[str]:
    """Who should be there now, for this specialty ("": any)."""
    of_specialty = [slot for slot in slots if not specialty or slot.specialty == specialty]
    here = {slot.clinician_id for slot in of_specialty if slot.covers(at)}
    known = {slot.clinician_id for slot in of_specialty}
    now = [exception for exception in exceptions if exception.covers(at)]
    here |= {e.clinician_id for e in now if e.on_duty and (not specialty or e.clinician_id in known)}
    return here - {e.clinician_id for e in now if not e.on_duty}


def next_expected(
    slots: Iterable[Slot], exceptions: Iterable[Change], at: float, specialty: str = ""
) -> float | None:
    """When somebody comes next, in UTC seconds; None: nobody is on the roster."""
    away = [exception for exception in exceptions if not exception.on_duty]
    starts = [
        slot.next_start(at)
        for slot in slots
        if (not specialty or slot.specialty == specialty)
        and not any(e.clinician_id == slot.clinician_id and e.covers(slot.next_start(at)) for e in away)
    ]
    starts += [e.starts_at for e in exceptions if e.on_duty and e.starts_at > at]
    return min(starts, default=None)
