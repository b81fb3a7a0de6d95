"""Time goes on at its own pace, whatever the machine's clock does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.platform.clock import JUMP_S, LEAN, SteadyClock

YEAR_S = 365 * 24 * 3600.0


class Machine:
    """A machine whose clock can be set."""

    def __init__(self) -> None:
        self.wall = 1_780_000_000.0
        self.uptime = 1000.0

    def pass_time(self, seconds: float) -> None:
        self.wall += seconds
        self.uptime += seconds

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.uptime)


def test_without_jumps_it_is_the_machines_time() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(100):
        machine.pass_time(7.0)
        assert clock() == pytest.approx(machine.wall, abs=1e-3)


def test_a_jump_forward_and_back_leaves_no_trace() -> None:
    machine = Machine()
    clock = machine.clock()
    before = clock()
    machine.wall += 5 * YEAR_S
    machine.pass_time(600.0)
    assert clock() - before <= 600.0 * (1 + LEAN)
    machine.wall -= 5 * YEAR_S
    for _ in range(60):
        machine.pass_time(60.0)
        clock()
    assert clock() == pytest.approx(machine.wall, abs=1e-3)


def test_a_machine_that_has_just_booted_is_set_right_at_once_and_never_back() -> None:
    machine = Machine()
    machine.uptime = 30.0
    clock = machine.clock()
    machine.wall += 7 * 24 * 3600.0
    machine.pass_time(20.0)
    assert clock() == pytest.approx(machine.wall, abs=1e-3)
    before = clock()
    machine.wall -= YEAR_S
    machine.pass_time(20.0)
    assert before <= clock() <= before + 20.0


def test_a_clock_that_was_wrong_and_was_set_right_is_followed_by_leaning() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall += 3600.0
    for _ in range(24):
        machine.pass_time(3600.0)
        clock()
    assert clock() == pytest.approx(machine.wall, abs=1e-3)


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(-1e9, 1e9)), max_size=30))
def test_it_never_runs_backwards_and_never_faster_than_it_may_lean(steps: list[tuple[float, float]]) -> None:
    machine = Machine()
    clock = machine.clock()
    for passed, jump in steps:
        before = clock()
        machine.wall += jump
        machine.pass_time(passed)
        assert passed * (1 - LEAN) - 1e-3 <= clock() - before <= passed * (1 + LEAN) + 1e-3


def test_a_jump_is_told_once_and_its_end_again(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine()
    clock = machine.clock()
    known = clock.look(0.0)
    machine.wall += 2 * JUMP_S
    known = clock.look(known)
    assert known == pytest.approx(2 * JUMP_S)
    for _ in range(50):
        machine.pass_time(60.0)
        known = clock.look(known)
    assert known == pytest.approx(0.0, abs=1e-3)
