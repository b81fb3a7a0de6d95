"""The engine's clock goes on for everybody when one leg's work fails."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from media.engine.relay.control import LegControl
from media.engine.rounds import STEERED_AT_ONCE, Rounds
from tests.support.leg_client import relay, until


async def test_a_fault_in_one_leg_costs_that_leg_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with relay() as one:
        await one.connect("sound")
        await one.connect("faulty")
        tick = LegControl.tick
        ticked: list[str] = []

        def fails(self: LegControl, now_ms: float) -> None:
            if self.member.leg.leg_id == "faulty":
                raise ZeroDivisionError
            ticked.append(self.member.leg.leg_id)
            tick(self, now_ms)

        monkeypatch.setattr(LegControl, "tick", fails)
        await until(lambda: "failed" in one.heard.states_of("faulty"))
        ticked.clear()
        await until(lambda: len(ticked) > 3)
        assert one.heard.states_of("sound")[-1] == "connected"


async def test_no_more_than_a_few_legs_are_steered_in_one_moment_and_all_have_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with relay() as one:
        names = {f"leg{number}" for number in range(3 * STEERED_AT_ONCE)}
        for name in names:
            await one.connect(name)
        tend_some = Rounds._tend_some
        steering_due = LegControl.steering_due
        moments: list[set[str]] = []

        def opens_moment(self: Rounds, controls: Sequence[LegControl], now_s: float) -> None:
            moments.append(set())
            tend_some(self, controls, now_s)

        def notes(self: LegControl, now_ms: float) -> bool:
            due = not moments or steering_due(self, now_ms)
            if due and moments:
                moments[-1].add(self.member.leg.leg_id)
            return due

        for control in one.engine._controls.values():
            control._next_steering_ms = 1.0  # a pause has held them all up
        monkeypatch.setattr(Rounds, "_tend_some", opens_moment)
        monkeypatch.setattr(LegControl, "steering_due", notes)
        await until(lambda: set().union(*moments) == names)
        assert max(map(len, moments)) == STEERED_AT_ONCE
