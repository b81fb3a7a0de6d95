"""An honest estimate of the wait, or none."""

from __future__ import annotations

from server.rosters.waitingtime import (
    HISTORY_S,
    LEAST_SAMPLES,
    Wait,
    estimate,
)

DAY_S = 86_400.0
NOON = 20_000 * DAY_S + 12 * 3600


def answered(days_ago: int, waited_s: float, hour_off: int = 0) -> Wait:
    asked = NOON - days_ago * DAY_S + hour_off * 3600
    return Wait(asked, asked + waited_s, answered=True)


def given_up(days_ago: int, waited_s: float) -> Wait:
    return answered(days_ago, waited_s)._replace(answered=False)


def test_too_little_history_gives_no_estimate() -> None:
    few = [answered(n + 1, 60) for n in range(LEAST_SAMPLES - 1)]
    assert estimate(few, NOON) is None
    assert estimate([*few, answered(9, 60)], NOON) is not None


def test_the_median_and_the_middle_eight_in_ten() -> None:
    found = estimate([answered(n, n * 60) for n in range(1, 12)], NOON)
    assert found is not None
    assert (found.median_s, found.low_s, found.high_s) == (360, 120, 600)


def test_only_this_hour_of_these_weeks_counts() -> None:
    history = [answered(n, 60) for n in range(1, 9)]
    nights = [answered(n, 7200, hour_off=-10) for n in range(1, 20)]
    old = [answered(int(HISTORY_S // DAY_S) + n, 7200) for n in range(1, 20)]
    found = estimate(history + nights + old, NOON)
    assert found is not None
    assert (found.median_s, found.high_s) == (60, 60)
    midnight = [answered(n, 60, hour_off=11) for n in range(1, 9)]
    assert estimate(midnight, NOON + 12 * 3600) is not None


def test_patients_who_gave_up_count_as_having_waited_longer() -> None:
    quick = [answered(n, 60) for n in range(1, 9)]
    late = [given_up(n, 7200) for n in range(1, 5)]
    found = estimate(quick + late, NOON)
    assert found is not None
    # Eight of twelve were answered within a minute; the others not within two hours, and nobody knows when.
    assert (found.median_s, found.high_s) == (60, 7200)
    assert estimate(quick + late * 3, NOON) is None  # most gave up: no estimate would be true
    # A patient who gave up at once does not count.
    assert estimate(quick + [given_up(n, 5) for n in range(1, 20)], NOON) == estimate(quick, NOON)
