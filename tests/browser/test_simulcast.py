"""A small picture beside the large one in real Chromium, through the relay, to a page that decodes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright, expect

from benchmarks.lab import people
from benchmarks.lab.browser import missing_browser
from media.core.simulcast import SimulcastRule
from media.core.steering import ReceiverView
from media.engine.engine import MediaEngine
from media.engine.rooms import Member
from media.engine.simulcast import Receivers, Simulcast
from server.app import MEDIA
from tests.browser.test_together import agree
from tests.support.call import two_pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

SMALL_BPS = 60_000
plain_consider = Simulcast.consider


def serve_all(rule: SimulcastRule[Any], now_ms: float, rooms_bps: Mapping[Any, float], up_bps: Any) -> None:
    rule.served = frozenset(rooms_bps)
    rule._steps.bitrate_bps = SMALL_BPS


def keep_large(
    self: Simulcast,
    publisher: Member,
    receivers: Sequence[tuple[Member, ReceiverView]],
    up_bps: float | None,
    now_ms: float,
) -> Receivers:
    """As if somebody else watched the large picture."""
    plain_consider(self, publisher, receivers, up_bps, now_ms)
    return list(receivers)


async def test_a_page_sends_two_pictures_and_the_small_one_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Links in one machine are alike: what the rule would ask of a group of three is asked here for two.
    monkeypatch.setattr(SimulcastRule, "follow", serve_all)
    monkeypatch.setattr(Simulcast, "consider", keep_large)
    async with async_playwright() as playwright, two_pages(tmp_path, playwright) as call:
        station, doctor = call.pages
        await people.act(doctor, "group")
        code = (await doctor.locator(".group-code").text_content()) or ""
        await people.act(station, "group")
        await station.fill("[name=group_code]", code.lower())
        await station.fill("[name=pseudonym]", "Baobab")
        await station.press("[name=pseudonym]", "Enter")
        await agree(station)
        seat = doctor.locator("[data-seat]")
        await expect(seat).to_contain_text("Baobab")
        await seat.locator("button.button:not(.quiet)").click()
        await people.view(station, "call")
        shown = await call.until(station, "a picture", lambda facts: facts["video"])
        assert shown["video"]["frames"] > 0
        await call.until(
            station, "the small picture", lambda facts: facts["video"] and facts["video"]["width"] <= 320
        )
        media = call.server.app[MEDIA]
        assert isinstance(media, MediaEngine)
        sources = [member.uplink for member in media._members.values() if member.uplink.low is not None]
        flowing = [uplink for uplink in sources if uplink.low is not None and uplink.low.stats.packets]
        assert len(flowing) == 1
        assert flowing[0].video.stats.packets, "the large one goes on"
