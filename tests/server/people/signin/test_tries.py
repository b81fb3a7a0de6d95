"""Tries that many share."""

from __future__ import annotations

import pytest

from server.people.errors import MustWait
from server.people.signin.tries import MAX_KEYS, Tries


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_wrong_try_a_minute_holds_nobody_up() -> None:
    clock = Clock()
    tries = Tries(burst=30, every_s=10, clock=clock)
    for _ in range(600):
        tries.begin("hospital")  # somebody else's, wrong
        tries.begin("hospital")  # an honest one
        tries.not_a_failure("hospital")
        clock.now += 60


def test_a_flood_gets_its_burst_and_then_the_rate_and_learns_how_long_to_wait() -> None:
    clock = Clock()
    tries = Tries(burst=30, every_s=10, clock=clock)
    passed, waits = 0, set[int]()
    for _ in range(3_600):
        try:
            tries.begin("hospital")
            passed += 1
        except MustWait as wait:
            waits.add(wait.retry_after_s)
        clock.now += 1
    assert waits <= set(range(1, 11))
    assert 30 + 359 <= passed <= 30 + 361


def test_keys_are_apart_and_memory_is_bounded() -> None:
    tries = Tries(burst=1, every_s=10, clock=Clock())
    for number in range(MAX_KEYS + 100):
        tries.begin(str(number))
    assert len(tries) == MAX_KEYS
    with pytest.raises(MustWait):
        tries.begin(str(MAX_KEYS))
