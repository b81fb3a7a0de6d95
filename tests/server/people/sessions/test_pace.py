"""How much one page and one site may ask for."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from server.people.errors import SlowDown
from server.people.principal import Principal
from server.people.sessions.pace import (
    AT_ONCE_PER_SESSION,
    REMEMBERED,
    REQUESTS_BURST,
    REQUESTS_PER_S,
    SITE_AT_ONCE,
    Pace,
)
from signaling.messages import Role


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def doctor(number: int, site: str = "Hôpital") -> Principal:
    return Principal(f"ac_{number}", Role.CLINICIAN, "Dr", site, f"se_{number}")


def test_so_many_at_once_and_a_place_comes_back_when_one_is_answered() -> None:
    pace = Pace(Clock())
    with ExitStack() as running:
        for _ in range(AT_ONCE_PER_SESSION):
            running.enter_context(pace.turn(doctor(1)))
        with pytest.raises(SlowDown), pace.turn(doctor(1)):
            pass
        with pace.turn(doctor(2)):
            pass
    with pace.turn(doctor(1)):
        pass


def test_a_place_comes_back_from_a_request_that_fails() -> None:
    pace = Pace(Clock())
    for _ in range(3 * AT_ONCE_PER_SESSION):
        with pytest.raises(ValueError, match="fault"), pace.turn(doctor(1)):
            raise ValueError("fault")


def test_so_many_in_a_while_and_one_site_all_together() -> None:
    clock = Clock()
    pace = Pace(clock)
    served = 0
    for _ in range(6_000):
        clock.now += 0.01
        try:
            with pace.turn(doctor(1)):
                served += 1
        except SlowDown:
            pass
    assert served == pytest.approx(REQUESTS_BURST + 60 * REQUESTS_PER_S, abs=2)
    with ExitStack() as running:
        for number in range(100, 100 + SITE_AT_ONCE):
            running.enter_context(pace.turn(doctor(number, "Centre")))
        with pytest.raises(SlowDown):
            running.enter_context(pace.turn(doctor(99, "Centre")))


def test_memory_of_who_asked_is_bounded() -> None:
    pace = Pace(Clock())
    for number in range(REMEMBERED + 50):
        with pace.turn(doctor(number, f"site {number}")):
            pass
    assert len(pace._sessions) == len(pace._sites) == REMEMBERED
