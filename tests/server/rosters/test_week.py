"""Who should be on duty: by the week, across midnight, and by exception."""

from __future__ import annotations

from datetime import UTC, datetime

from server.rosters.week import (
    Change,
    Slot,
    expected,
    minute_of_week,
    next_expected,
)


def at(day: int, hour: int, minute: int = 0) -> float:
    """A time in November 2025, whose 3rd is a Monday."""
    return datetime(2025, 11, day, hour, minute, tzinfo=UTC).timestamp()


MORNING = Slot("dr-1", "general", weekday=0, start_minute=8 * 60, minutes=4 * 60)
NIGHT = Slot("dr-2", "obstetrics", weekday=6, start_minute=20 * 60, minutes=12 * 60)


def test_the_week_begins_on_monday() -> None:
    assert minute_of_week(at(3, 0)) == 0
    assert minute_of_week(at(9, 23, 59)) == 7 * 24 * 60 - 1


def test_a_slot_holds_from_its_first_minute_to_before_its_last() -> None:
    assert expected([MORNING], [], at(3, 7, 59)) == set()
    assert expected([MORNING], [], at(3, 8)) == {"dr-1"}
    assert expected([MORNING], [], at(3, 11, 59)) == {"dr-1"}
    assert expected([MORNING], [], at(3, 12)) == set()
    assert expected([MORNING], [], at(4, 9)) == set()


def test_a_night_of_sunday_ends_on_monday_morning() -> None:
    assert expected([NIGHT], [], at(9, 23)) == {"dr-2"}
    assert expected([NIGHT], [], at(10, 7, 59)) == {"dr-2"}
    assert expected([NIGHT], [], at(10, 8)) == set()


def test_exceptions_override_the_week() -> None:
    away = Change("dr-1", on_duty=False, starts_at=at(3, 0), ends_at=at(4, 0))
    stands_in = Change("dr-2", on_duty=True, starts_at=at(3, 0), ends_at=at(4, 0))
    assert expected([MORNING, NIGHT], [away, stands_in], at(3, 9)) == {"dr-2"}
    assert expected([MORNING, NIGHT], [away, stands_in], at(10, 9)) == {"dr-1"}
    # A stand-in serves the specialties that they answer for themselves.
    assert expected([MORNING, NIGHT], [away, stands_in], at(3, 9), "general") == set()


def test_the_roster_finds_who_comes_next() -> None:
    assert next_expected([MORNING, NIGHT], [], at(3, 9)) == at(9, 20)
    assert next_expected([MORNING], [], at(3, 9)) == at(10, 8)
    assert next_expected([MORNING], [], at(3, 9), "surgery") is None
    away = Change("dr-1", on_duty=False, starts_at=at(10, 0), ends_at=at(11, 0))
    assert next_expected([MORNING], [away], at(3, 9)) is None
