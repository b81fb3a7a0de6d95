"""No count of a report says how many there were when they were few, not even by subtraction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.reports.smallcells import SMALLEST_TOLD, suppressed


def test_large_counts_and_zeros_are_told() -> None:
    found = suppressed({"kayes": 12, "mopti": 0, "gao": 5})
    assert found.counts == {"kayes": 12, "mopti": 0, "gao": 5}
    assert found.total == 17


def test_a_small_count_takes_another_with_it_so_that_the_total_does_not_tell_it() -> None:
    found = suppressed({"kayes": 12, "mopti": 2, "gao": 30})
    assert found.counts == {"kayes": None, "mopti": None, "gao": 30}
    assert found.total == 44


def test_with_nothing_to_hide_behind_the_total_goes_too() -> None:
    assert suppressed({"kayes": 3, "mopti": 0}).total is None
    assert suppressed({"kayes": 1, "mopti": 2}).total is None


@given(st.dictionaries(st.integers(0, 20), st.integers(0, 40), max_size=8), st.booleans())
def test_nobody_can_work_out_a_hidden_count(counts: dict[int, int], known: bool) -> None:
    found = suppressed(counts, total_is_known=known)
    assert all(count is None or count == 0 or count >= SMALLEST_TOLD for count in found.counts.values())
    hidden = [key for key, count in found.counts.items() if count is None]
    if found.total is not None and hidden:
        # The sum of the hidden ones is all that follows: it is spread over several, and is not small itself.
        assert len(hidden) > 1
        assert sum(counts[key] for key in hidden) >= SMALLEST_TOLD
