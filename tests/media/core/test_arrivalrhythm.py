"""A page that is heard all the time and then hardly any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from media.core.arrivalrhythm import CALM_MS, LASTS_MS, MOMENT_MS, ArrivalRhythm

TICK_MS = 25.0
# So long until what is usual is known.
LEARNT_MS = 5_000.0


def packets_until(now_ms: float, every_ms: float) -> int:
    return int(now_ms / every_ms)


def voice_and_picture(now_ms: float) -> int:
    """A word each 20 ms, and fifteen pictures a second of two packets."""
    return packets_until(now_ms, 20) + 2 * packets_until(now_ms, 1000 / 15)


def answers(
    came: Callable[[float], int], until_ms: float, rhythm: ArrivalRhythm | None = None, from_ms: float = 0.0
) -> Iterator[tuple[float, bool]]:
    rhythm = rhythm or ArrivalRhythm()
    now_ms = from_ms
    while now_ms < until_ms:
        yield now_ms, rhythm.follow(now_ms, came(now_ms))
        now_ms += TICK_MS


def first_stop_ms(came: Callable[[float], int], until_ms: float) -> float | None:
    return next((now_ms for now_ms, stopped in answers(came, until_ms) if stopped), None)


def ends(came: Callable[[float], int], at_ms: float) -> Callable[[float], int]:
    return lambda now_ms: came(min(now_ms, at_ms))


def test_a_page_that_talks_on_has_not_stopped() -> None:
    assert first_stop_ms(voice_and_picture, 60_000) is None


def test_silence_is_noticed_within_a_moment() -> None:
    stopped_ms = first_stop_ms(ends(voice_and_picture, LEARNT_MS), 10_000)
    assert stopped_ms is not None
    assert LEARNT_MS < stopped_ms <= LEARNT_MS + MOMENT_MS + TICK_MS


def test_a_trickle_is_as_good_as_silence() -> None:
    stopped_ms = first_stop_ms(
        lambda now_ms: (
            voice_and_picture(min(now_ms, LEARNT_MS)) + packets_until(max(0.0, now_ms - LEARNT_MS), 90)
        ),
        10_000,
    )
    assert stopped_ms is not None
    assert stopped_ms <= LEARNT_MS + MOMENT_MS + TICK_MS


def test_a_voice_that_pauses_beside_its_picture_has_not_stopped() -> None:
    def came(now_ms: float) -> int:
        return packets_until(min(now_ms, LEARNT_MS), 20) + 2 * packets_until(now_ms, 1000 / 15)

    assert first_stop_ms(came, 10_000) is None


def test_of_a_thin_voice_alone_nothing_is_concluded() -> None:
    assert first_stop_ms(ends(lambda now_ms: packets_until(now_ms, 60), LEARNT_MS), 10_000) is None


def test_nothing_is_concluded_before_anything_is_known() -> None:
    assert first_stop_ms(ends(voice_and_picture, 1_000), 5_000) is None


def test_stalls_that_happen_all_the_time_are_how_it_is() -> None:
    def came(now_ms: float) -> int:
        """All of each half second comes at its end, and then for a tenth."""
        whole, rest = divmod(now_ms, 500)
        return voice_and_picture(500 * whole + (rest if rest < 100 else 100))

    assert first_stop_ms(came, 30_000) is None


def test_once_heard_again_it_waits_for_calm() -> None:
    rhythm = ArrivalRhythm()
    list(answers(ends(voice_and_picture, LEARNT_MS), 5_200, rhythm))
    back = [stopped for _, stopped in answers(voice_and_picture, 7_000, rhythm, 5_200)]
    assert back.index(False) * TICK_MS <= MOMENT_MS + CALM_MS + TICK_MS
    assert not any(back[back.index(False) :])


def test_what_lasts_is_how_it_is_now() -> None:
    told = dict(answers(ends(voice_and_picture, LEARNT_MS), 10_000))
    assert not any(stopped for now_ms, stopped in told.items() if now_ms > 5_200 + LASTS_MS + CALM_MS)


def test_a_look_that_comes_late_asks_for_as_much_time_again() -> None:
    rhythm = ArrivalRhythm()
    list(answers(voice_and_picture, LEARNT_MS, rhythm))
    assert not rhythm.follow(LEARNT_MS + 400.0, voice_and_picture(LEARNT_MS + 20))
