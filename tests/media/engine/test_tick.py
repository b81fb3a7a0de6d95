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
