"""When a case is erased by itself, and when never."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.erasure.rules import DAY_S, WARNING_S, Kept, due_at, is_announced

CASE = Kept("si_1", "ordinary", 100.0, held=False, under_way=False)
DAYS = {("", "ordinary"): 10, ("si_2", "ordinary"): 3, ("si_3", "survivor_safe"): 1}


@pytest.mark.parametrize(
    ("case", "due"),
    [
        (CASE, 100.0 + 10 * DAY_S),
        (replace(CASE, site_id="si_2"), 100.0 + 3 * DAY_S),
        (replace(CASE, kind="survivor_safe"), None),
        (replace(CASE, kind="survivor_safe", site_id="si_3"), 100.0 + DAY_S),
        (replace(CASE, held=True), None),
        (replace(CASE, under_way=True), None),
    ],
)
def test_the_rule_of_the_site_goes_first_and_what_is_held_or_under_way_stays(
    case: Kept, due: float | None
) -> None:
    assert due_at(case, DAYS) == due


def test_people_are_warned_a_month_before() -> None:
    assert not is_announced(None, 0.0)
    assert not is_announced(WARNING_S + 2.0, 1.0)
    assert is_announced(WARNING_S + 1.0, 1.0)
