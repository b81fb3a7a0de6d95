"""Days of a report, and the whole months in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from server.reports.period import LONGEST_DAYS, NoPeriod, Period, day_of

LATER = datetime(2030, 1, 1, tzinfo=UTC).timestamp()


def names(first: date, last: date, now: float = LATER) -> list[str]:
    return [name for name, _, _ in Period(first, last).months(now)]


def test_a_period_includes_both_its_days() -> None:
    period = Period(date(2026, 4, 9), date(2026, 4, 9))
    assert period.ends_at - period.begins_at == 86_400
    assert (day_of(period.begins_at), day_of(period.ends_at - 0.001)) == ("2026-04-09", "2026-04-09")


def test_only_whole_months_are_months() -> None:
    assert names(date(2025, 12, 1), date(2026, 2, 28)) == ["2025-12", "2026-01", "2026-02"]
    assert names(date(2025, 12, 2), date(2026, 2, 27)) == ["2026-01"]
    assert names(date(2026, 4, 1), date(2026, 4, 29)) == []


def test_a_month_that_goes_on_is_none_yet() -> None:
    may = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    for first, last in ((date(2026, 3, 1), date(2026, 4, 30)), (date(2026, 3, 1), date(2026, 6, 30))):
        assert names(first, last, may - 0.001) == ["2026-03"]
        assert names(first, last, may) == ["2026-03", "2026-04"]


@pytest.mark.parametrize("days", [-1, LONGEST_DAYS])
def test_a_reversed_or_endless_period_is_refused(days: int) -> None:
    with pytest.raises(NoPeriod):
        Period(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=days))
