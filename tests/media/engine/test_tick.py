"""The engine's clock goes on for everybody when one leg's work fails."""

from __future__ import annotations

import pytest

from media.engine.control import LegControl
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


async def test_legs_that_a_pause_has_held_up_are_steered_each_on_its_own_beat_again() -> None:
    async with relay() as one:
        for name in ("early", "late"):
            await one.connect(name)
        beats: dict[str, list[int]] = {}
        for name, first_wait in (("early", 0.2), ("late", 0.8)):
            control = LegControl(one.member(name), 1, first_wait=first_wait)
            # Time stands still for half a beat.
            times_ms = [*range(1_000, 1_450, 25), *range(1_600, 2_500, 25)]
            beats[name] = [at_ms for at_ms in times_ms if control.steering_due(at_ms)]
        assert beats["early"] == [1_000, 1_050, 1_300, 1_600, 1_800, 2_050, 2_300]
        assert beats["late"] == [1_000, 1_200, 1_600, 1_700, 1_950, 2_200, 2_450]
