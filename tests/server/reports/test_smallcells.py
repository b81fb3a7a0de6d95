"""No report reveals a small count, not even by subtraction, and not whether there was anybody."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from server.reports.smallcells import LARGEST_HIDDEN, SMALLEST_TOLD, suppressed

EVERY = ("kayes", "mopti", "gao", "kidal")


def test_large_counts_are_shown_and_whatever_is_smaller_is_not() -> None:
    found = suppressed({"kayes": 12, "mopti": 2, "gao": 5}, EVERY)
    assert (found.counts, found.total) == ({"kayes": 12, "gao": 5}, None)


def test_that_there_was_nobody_is_not_told_either() -> None:
    assert (
        suppressed({}, EVERY)
        == suppressed({"gao": 1}, EVERY)
        == suppressed({"gao": 4, "kidal": 4}, EVERY[2:])
    )


def test_a_total_is_told_where_the_rest_of_it_is_neither_small_nor_full() -> None:
    assert suppressed({"kayes": 12, "mopti": 3, "gao": 2}, EVERY).total == 17
    assert suppressed({"kayes": 12, "mopti": 2, "gao": 2}, EVERY).total is None
    # Three cells below five with eleven in them: each has three at least.
    assert suppressed({"kayes": 12, "mopti": 4, "gao": 4, "kidal": 3}, EVERY).total is None
    assert suppressed(dict.fromkeys(EVERY, 7), EVERY).total == 28


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_nobody_can_tell_whether_a_hidden_cell_has_anybody_in_it(counts: list[int]) -> None:
    found = suppressed(dict(enumerate(counts)), range(len(counts)))
    assert all(count >= SMALLEST_TOLD for count in found.counts.values())
    hidden = [key for key in range(len(counts)) if key not in found.counts]
    if found.total is None or not hidden:
        return
    rest = found.total - sum(found.counts.values())
    assert rest >= SMALLEST_TOLD
    # What somebody who subtracts has to reckon with: every way to share the rest among the hidden cells.
    ways = [way for way in product(range(LARGEST_HIDDEN + 1), repeat=len(hidden)) if sum(way) == rest]
    for place in range(len(hidden)):
        assert 0 in {way[place] for way in ways}
