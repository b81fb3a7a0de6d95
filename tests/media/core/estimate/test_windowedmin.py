"""The least value of the last half minute."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.estimate.windowedmin import WindowedMinimum


def test_an_old_minimum_is_forgotten() -> None:
    least = WindowedMinimum()
    least.add(1.0, 0)
    for second in range(1, 29):
        least.add(5.0, second * 1_000)
    assert least.value == 1.0
    for second in range(29, 36):
        least.add(5.0, second * 1_000)
    assert least.value == 5.0


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, 8_000)), min_size=1, max_size=80))
def test_the_minimum_is_never_above_that_of_the_last_25_s_nor_below_that_of_the_last_35(
    samples: list[tuple[float, int]],
) -> None:
    least, now_ms, seen = WindowedMinimum(), 0, list[tuple[int, float]]()
    for value, wait_ms in samples:
        now_ms += wait_ms
        least.add(value, now_ms)
        seen.append((now_ms, value))
        assert least.value <= min(v for at, v in seen if at >= now_ms - 25_000)
        assert least.value >= min(v for at, v in seen if at >= now_ms - 35_000)
