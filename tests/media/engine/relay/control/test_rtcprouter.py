"""What a leg's control makes of what its page reports."""

from __future__ import annotations

import pytest

from media.core.rtp import rtcp
from tests.support.leg_client import relay


@pytest.mark.parametrize(("kind", "believed"), [("audio", 0.5), ("video", 0.0)])
async def test_losses_from_before_a_pause_do_not_count_against_the_returning_picture(
    kind: str, believed: float
) -> None:
    async with relay() as running:
        await running.call("station", "doctor")
        control = running.control("station")
        downlink = control.member.downlink
        assert downlink.twcc_id
        out = getattr(downlink.slots[0], kind)
        report = rtcp.ReceiverReport(1, [rtcp.ReportBlock(out.ssrc, fraction_lost=128)])
        control.rtcp.arrived([report], 10_000.0)
        assert downlink.estimate.loss_ratio == believed
