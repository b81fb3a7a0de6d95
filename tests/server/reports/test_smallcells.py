"""No report reveals a small count, not even by subtraction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.reports.smallcells import SMALLEST_TOLD, suppressed


def test_large_counts_and_zeros_are_shown() -> None:
    found = suppressed({"kayes": 12, "mopti": 0, "gao": 5})
    assert found.counts == {"kayes": 12, "mopti": 0, "gao": 5}
    assert found.total == 17


def test_a_small_count_hides_another_so_that_the_total_does_not_reveal_it() -> None:
    found = suppressed({"kayes": 12, "mopti": 2, "gao": 30})
    assert found.counts == {"kayes": None, "mopti": None, "gao": 30}
    assert found.total == 44


def test_where_no_second_count_can_be_hidden_the_total_is_hidden_too() -> None:
    assert suppressed({"kayes": 3, "mopti": 0}).total is None
    assert suppressed({"kayes": 1, "mopti": 2}).total is None


@given(st.dictionaries(st.integers(0, 20), st.integers(0, 40), max_size=8), st.booleans())
def test_nobody_can_work_out_a_hidden_count(counts: dict[int, int], known: bool) -> None:
    found = suppressed(counts, total_is_known=known)
    assert all(count is None or count == 0 or count >= SMALLEST_TOLD for count in found.counts.values())
    hidden = [key for key, count in found.counts.items() if count is None]
    if found.total is not None and hidden:
        # Only the sum of the hidden counts can be derived: it covers several counts, and is not small itself.
        assert len(hidden) > 1
        assert sum(counts[key] for key in hidden) >= SMALLEST_TOLD
