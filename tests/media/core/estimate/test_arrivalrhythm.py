"""A page whose packets arrive steadily and then hardly at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from media.core.estimate.arrivalrhythm import (
    CALM_MS,
    COLLAPSED_MS,
    LASTS_MS,
    MOMENT_MS,
    PERIOD_MS,
    ArrivalRhythm,
)

TICK_MS = 25.0
# The time until the usual rhythm is known.
LEARNT_MS = 5_000.0

# The counts of voice and of video packets that have arrived by a given time.
Came = Callable[[float], tuple[int, int]]


def call(voice_ms: float = 20.0, frame_ms: float = 1000 / 15, pieces: int = 2) -> Came:
    """A voice packet every ``voice_ms``, and frames of ``pieces`` packets."""
    return lambda now_ms: (int(now_ms / voice_ms), pieces * int(now_ms / frame_ms))


STEADY = call()


def answers(
    came: Came, until_ms: float, rhythm: ArrivalRhythm | None = None, from_ms: float = 0.0
) -> Iterator[tuple[float, bool]]:
    rhythm = rhythm or ArrivalRhythm()
    now_ms = from_ms
    while now_ms < until_ms:
        yield now_ms, rhythm.follow(now_ms, *came(now_ms))
        now_ms += TICK_MS


def first_stop_ms(came: Came, until_ms: float = 10_000) -> float | None:
    return next((now_ms for now_ms, stopped in answers(came, until_ms) if stopped), None)


def ends(came: Came, at_ms: float = LEARNT_MS) -> Came:
    return lambda now_ms: came(min(now_ms, at_ms))


@pytest.mark.parametrize(
    "came", [STEADY, call(pieces=1), call(voice_ms=60.0), call(voice_ms=120.0, pieces=1)]
)
def test_a_page_that_goes_on_has_not_stopped(came: Came) -> None:
    assert first_stop_ms(came, 60_000) is None


@pytest.mark.parametrize("came", [STEADY, call(pieces=1)])
def test_a_silence_is_noticed_within_a_moment(came: Came) -> None:
    stopped_ms = first_stop_ms(ends(came))
    assert stopped_ms is not None
    assert LEARNT_MS < stopped_ms <= LEARNT_MS + MOMENT_MS + TICK_MS


def test_a_trickle_of_voice_counts_as_silence() -> None:
    def came(now_ms: float) -> tuple[int, int]:
        voice, video = STEADY(min(now_ms, LEARNT_MS))
        return voice + int(max(0.0, now_ms - LEARNT_MS) / 90), video

    stopped_ms = first_stop_ms(came)
    assert stopped_ms is not None
    assert stopped_ms <= LEARNT_MS + MOMENT_MS + TICK_MS


@pytest.mark.parametrize("pieces", [1, 2])
def test_somebody_who_pauses_beside_a_picture_has_not_stopped(pieces: int) -> None:
    def came(now_ms: float) -> tuple[int, int]:
        """Three seconds of voice, then a pause of one second with a packet every 400 ms."""
        turns, rest_ms = divmod(now_ms, 4_000)
        voice = int(turns) * 152 + int(min(rest_ms, 3_000) / 20) + int(max(0.0, rest_ms - 3_000) / 400)
        return voice, pieces * int(now_ms * 15 / 1000)

    assert first_stop_ms(came, 60_000) is None


def test_a_picture_that_is_paused_beside_a_voice_has_not_stopped() -> None:
    assert first_stop_ms(lambda now_ms: (STEADY(now_ms)[0], STEADY(min(now_ms, LEARNT_MS))[1])) is None


def test_a_voice_alone_allows_no_conclusion() -> None:
    assert first_stop_ms(ends(lambda now_ms: (int(now_ms / 20), 0))) is None


def test_long_packets_allow_no_conclusion_because_two_may_be_lost_in_a_row() -> None:
    assert first_stop_ms(ends(call(voice_ms=60.0))) is None


def test_nothing_is_concluded_before_anything_is_known() -> None:
    assert first_stop_ms(ends(STEADY, 1_000), PERIOD_MS) is None


def test_after_a_silence_it_waits_for_calm() -> None:
    rhythm = ArrivalRhythm()
    list(answers(ends(STEADY), 5_200, rhythm))
    back = [stopped for _, stopped in answers(STEADY, 7_000, rhythm, 5_200)]
    assert back.index(False) * TICK_MS <= MOMENT_MS + CALM_MS + TICK_MS
    assert not any(back[back.index(False) :])


def test_a_radio_stall_is_not_taken_for_a_collapse() -> None:
    for silence_ms, collapses in ((200.0, False), (COLLAPSED_MS + 200.0, True)):
        rhythm, collapsed = ArrivalRhythm(), False
        for _ in answers(ends(STEADY), LEARNT_MS + silence_ms, rhythm):
            collapsed = collapsed or rhythm.collapsed
        for _ in answers(STEADY, 7_000, rhythm, LEARNT_MS + silence_ms):
            collapsed = collapsed or rhythm.collapsed
        assert collapsed is collapses


def test_a_lasting_rhythm_becomes_the_usual_one() -> None:
    answered = dict(answers(ends(STEADY), 10_000))
    assert not any(stopped for now_ms, stopped in answered.items() if now_ms > 5_200 + LASTS_MS + CALM_MS)


def test_a_caller_that_asks_late_was_itself_delayed() -> None:
    rhythm = ArrivalRhythm()
    list(answers(STEADY, LEARNT_MS, rhythm))
    assert not rhythm.follow(LEARNT_MS + 400.0, *STEADY(LEARNT_MS + 20))
