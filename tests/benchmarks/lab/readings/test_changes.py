"""What a side received after each change of the link, from samples made by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.lab.readings.changes import after_changes
from benchmarks.lab.readings.collected import Sample
from tests.benchmarks.lab.readings.test_measure import BEAT_S, RATE_HZ, audio, sample, video


def call(
    shows: Callable[[float], bool], hides: Callable[[float], bool] = lambda _: False, seconds: float = 30.0
) -> list[Sample]:
    """Three frames a beat while ``shows``, no voice while ``hides``; both are asked of the middle of the beat."""
    samples, frames, concealed = [], 0, 0
    for index in range(round(seconds / BEAT_S) + 1):
        at_s = index * BEAT_S
        if index:
            frames += 3 * shows(at_s - BEAT_S / 2)
            concealed += round(hides(at_s - BEAT_S / 2) * BEAT_S * RATE_HZ)
        voice = audio(packets=round(50 * at_s), samples=round(at_s * RATE_HZ), concealed=concealed)
        samples.append(sample(at_s, [voice], [video(frames=frames)]))
    return samples


def test_a_picture_that_stops_and_comes_back_tells_when() -> None:
    samples = call(lambda at_s: at_s < 11.0 or at_s > 24.0)
    fall, rise = after_changes(samples, 0, 30, [10.0, 20.0])
    assert (fall["at_s"], rise["at_s"]) == (10.0, 20.0)
    assert fall["picture_gone_s"] == pytest.approx(1.0, abs=1.1 * BEAT_S)
    assert fall["picture_back_s"] is None
    assert rise["picture_back_s"] == pytest.approx(4.0, abs=1.1 * BEAT_S)
    assert rise["picture_gone_s"] is None


def test_a_picture_that_goes_on_is_neither_gone_nor_back() -> None:
    (only,) = after_changes(call(lambda at_s: not 10.5 < at_s < 12.0), 0, 30, [10.0])
    assert (only["picture_gone_s"], only["picture_back_s"]) == (None, None)


def test_a_picture_that_never_comes_back_has_no_time_for_it() -> None:
    fall, rise = after_changes(call(lambda at_s: at_s < 10.1), 0, 30, [10.0, 20.0])
    assert fall["picture_gone_s"] == pytest.approx(0.2, abs=1.1 * BEAT_S)
    assert rise["picture_back_s"] is None


def test_a_gap_counts_to_the_change_before_it() -> None:
    samples = call(lambda _: True, lambda at_s: 10.0 < at_s < 10.6 or 20.0 < at_s < 20.2)
    fall, rise = after_changes(samples, 0, 30, [10.0, 20.0])
    assert fall["longest_gap_ms"] == pytest.approx(600, abs=1)
    assert rise["longest_gap_ms"] == pytest.approx(200, abs=1)


def test_changes_outside_of_the_window_are_left_out() -> None:
    assert [one["at_s"] for one in after_changes(call(lambda _: True), 0, 30, [5.0, 40.0])] == [5.0]


def test_what_is_after_the_window_is_no_gap() -> None:
    (only,) = after_changes(call(lambda _: True), 0, 30, [5.0, 40.0])
    assert only["longest_gap_ms"] == 0


def test_a_link_that_never_changes_has_nothing_to_tell() -> None:
    assert after_changes(call(lambda _: True), 0, 30, []) == []
