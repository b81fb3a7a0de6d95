"""Durations of the server, while its clock is set."""

from __future__ import annotations

from server.platform.steadyclock import SteadyClock


def test_a_clock_that_is_set_moves_no_duration() -> None:
    wall, passed = [1_000_000.0], [50.0]
    clock = SteadyClock(lambda: wall[0], lambda: passed[0])
    assert clock() == 1_000_000
    wall[0] += 3_600
    assert clock() == 1_000_000
    wall[0] -= 7_200
    passed[0] += 30
    assert clock() == 1_000_030
