"""Growing waits after failed tries."""

from __future__ import annotations

import pytest

from server.people.errors import MustWait
from server.people.signin.delays import MAX_KEYS, Delays, place_of


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def delays(clock: Clock) -> Delays:
    return Delays(free_tries=3, first_s=1, longest_s=60, forget_s=900, clock=clock)


def waits(delays: Delays, clock: Clock, tries: int) -> list[int]:
    """Fail ``tries`` times, each as soon as allowed; returns the waits in between."""
    found = []
    for _ in range(tries):
        try:
            delays.begin("k")
            found.append(0)
        except MustWait as wait:
            found.append(wait.retry_after_s)
            clock.now += wait.retry_after_s
            delays.begin("k")
    return found


def test_the_wait_doubles_up_to_its_longest(delays: Delays, clock: Clock) -> None:
    assert waits(delays, clock, 12) == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_refused_try_does_not_lengthen_the_wait(delays: Delays, clock: Clock) -> None:
    waits(delays, clock, 5)
    seen = []
    for _ in range(10):
        with pytest.raises(MustWait) as caught:
            delays.begin("k")
        seen.append(caught.value.retry_after_s)
    assert seen == [4] * 10


def test_a_right_try_clears_the_record(delays: Delays, clock: Clock) -> None:
    waits(delays, clock, 6)
    clock.now += 60
    delays.begin("k")
    delays.succeeded("k")
    assert waits(delays, clock, 3) == [0, 0, 0]


def test_failures_are_forgotten_after_a_quiet_time(delays: Delays, clock: Clock) -> None:
    waits(delays, clock, 8)
    clock.now += 901
    assert waits(delays, clock, 3) == [0, 0, 0]


def test_other_keys_do_not_wait(delays: Delays, clock: Clock) -> None:
    waits(delays, clock, 8)
    delays.begin("another")


def test_tries_at_the_same_moment_count_before_they_are_answered(delays: Delays) -> None:
    for _ in range(3):
        delays.begin("k")
    with pytest.raises(MustWait):
        delays.begin("k")


def test_a_success_taken_back_leaves_the_earlier_failures(delays: Delays, clock: Clock) -> None:
    for _ in range(3):
        delays.begin("k")
    delays.not_a_failure("k")
    delays.begin("k")
    with pytest.raises(MustWait):
        delays.begin("k")


def test_memory_is_bounded_however_many_places_try(delays: Delays) -> None:
    for number in range(MAX_KEYS + 100):
        delays.begin(str(number))
    assert len(delays) == MAX_KEYS


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_one_attacker_is_one_place(address: str, place: str) -> None:
    assert place_of(address) == place
