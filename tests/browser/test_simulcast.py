"""A doctor's small picture for a thin link beside the large one for a wide link, in real Chromium."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from benchmarks.lab.systems import people
from media.engine.engine import MediaEngine
from media.engine.relay.control import UplinkKnowledge
from media.engine.relay.inbound import InboundStream
from media.engine.relay.rooms import Member
from media.engine.relay.slot import Slot
from server.app import MEDIA
from tests.browser.test_slots import third_leg
from tests.support.browsers import missing_browser
from tests.support.call import two_pages
from tests.support.patience import PATIENCE_S

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

# What loopback would make of them under load is anybody's guess: the links are given.
THIN_BPS, WIDE_BPS = 160_000.0, 2_000_000.0
# The pictures decoded by the newest leg, by media section.
SHOWN = """async () => {
  const stats = [...(await window.__legs.at(-1).getStats()).values()];
  const shown = stats.filter((one) => one.type === 'inbound-rtp' && one.framesDecoded);
  return Object.fromEntries(shown.map((one) => [one.mid, one.framesDecoded]));
}"""


def fix_link(member: Member, bps: float) -> None:
    downlink = member.downlink
    downlink.estimate.on_results = lambda results, now_ms: None  # type: ignore[method-assign]
    downlink.estimate.on_silence = lambda unanswered_ms: None  # type: ignore[method-assign]
    downlink.estimate._estimate_bps = bps
    downlink.pacer.set_rate(bps, 0.0)


def slot_of(viewer: Member, publisher: Member) -> Slot:
    (slot,) = [slot for slot in viewer.downlink.slots if slot.source_leg_id == publisher.leg.leg_id]
    return slot


async def shows(page: Page, slot: Slot, source: InboundStream | None) -> None:
    """Wait until the page decodes new pictures in this slot while it is this stream that feeds it."""
    before: int | None = None
    async with asyncio.timeout(PATIENCE_S):
        while True:
            feeds = slot.video.source is source and not slot.video.needs_keyframe
            decoded = (await page.evaluate(SHOWN)).get(slot.video_mid, 0)
            if not feeds or slot.video.source is not source:
                before = None
            elif before is None:
                before = decoded
            elif decoded >= before + 5:
                return
            await asyncio.sleep(0.2)


async def test_a_thin_link_is_shown_the_small_picture_and_a_wide_one_the_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UplinkKnowledge, "known_bps", lambda uplink, now_ms: WIDE_BPS)
    monkeypatch.setattr(UplinkKnowledge, "queue_ms", lambda uplink: 0.0)
    async with async_playwright() as playwright, two_pages(tmp_path, playwright) as call:
        await people.request(call.station, urgency="orange", reason="douleur au ventre")
        await people.accept(call.clinician)
        media = call.server.app[MEDIA]
        assert isinstance(media, MediaEngine)
        for page in call.pages:
            await call.hears_and_sees(page)
        async with third_leg(call) as (colleague_page, leg_id):
            (room,) = media._rooms.values()
            media.join(room.room_id, leg_id)
            (station,) = [member for member in room.members if member.uplink.low is None]
            doctor, colleague = [member for member in room.members if member is not station]
            for member, bps in ((station, THIN_BPS), (doctor, WIDE_BPS), (colleague, WIDE_BPS)):
                fix_link(member, bps)
            await shows(call.station, slot_of(station, doctor), doctor.uplink.low)
            await shows(colleague_page, slot_of(colleague, doctor), doctor.uplink.video)
