"""Days of a report, and the whole months in it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from server.reports.period import LONGEST_DAYS, NoPeriod, Period, day_of


def names(first: date, last: date) -> list[str]:
    return [name for name, _, _ in Period(first, last).months()]


def test_a_period_includes_both_its_days() -> None:
    period = Period(date(2026, 4, 9), date(2026, 4, 9))
    assert period.ends_at - period.begins_at == 86_400
    assert (day_of(period.begins_at), day_of(period.ends_at - 0.001)) == ("2026-04-09", "2026-04-09")


def test_only_whole_months_are_months() -> None:
    assert names(date(2025, 12, 1), date(2026, 2, 28)) == ["2025-12", "2026-01", "2026-02"]
    assert names(date(2025, 12, 2), date(2026, 2, 27)) == ["2026-01"]
    assert names(date(2026, 4, 1), date(2026, 4, 29)) == []


@pytest.mark.parametrize("days", [-1, LONGEST_DAYS])
def test_a_reversed_or_endless_period_is_refused(days: int) -> None:
    with pytest.raises(NoPeriod):
        Period(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=days))
