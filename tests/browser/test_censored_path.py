"""A network that lets media through in part: one way only, or small packets only, before a call and in one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from benchmarks.lab.systems import people
from tests.support.browsers import missing_browser
from tests.support.call import in_call, two_pages
from tests.support.censor import Censor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

# Less than a packet of a picture, and than the relay's largest piece of a photo on its data channel.
SMALL_BYTES = 750
STILL = """() => {
  const still = document.querySelector('.still-viewer:not([hidden]) img.still');
  return still && still.complete ? {width: still.naturalWidth, height: still.naturalHeight} : null;
}"""

# The still that stands for the picture: the page gives each new one an address of its own.
SMALL_STILL = "document.querySelector('.tile.has-still img.still-small')"


async def test_a_network_that_closes_during_a_call_is_named_to_both_until_it_opens(tmp_path: Path) -> None:
    async with in_call(tmp_path) as call:
        censor = Censor(call.server)
        for page in call.pages:
            await call.hears_and_sees(page)
        for way in ("up", "down", "both"):
            censor.drop(way)
            for page in call.pages:
                await expect(page.locator(".call-banner")).to_contain_text("bloque la voix et l’image")
            censor.open()
            for page in call.pages:
                await expect(page.locator(".call-banner")).to_be_hidden()
                await call.hears_and_sees(page)


async def test_a_network_that_lets_media_through_one_way_alone_is_named_before_a_call(tmp_path: Path) -> None:
    async with async_playwright() as playwright, two_pages(tmp_path, playwright) as call:
        for way in ("up", "down"):
            Censor(call.server).drop(way)
            await call.station.reload()
            note = call.station.locator(".home .path-note")
            await expect(note).to_contain_text("bloque la voix et l’image")


async def test_voice_small_stills_and_a_photo_pass_where_large_packets_vanish(tmp_path: Path) -> None:
    async with in_call(tmp_path) as call:
        for page in call.pages:
            await call.hears_and_sees(page)
        # A call may begin with a still.
        before = [await page.evaluate(f"{SMALL_STILL}?.src ?? null") for page in call.pages]
        Censor(call.server).drop_larger(SMALL_BYTES)
        # Within `PATIENCE_S`; between stills the picture is tried, and a plain one may pass in small packets.
        for page, older in zip(call.pages, before, strict=True):
            await call.until_true(
                page,
                f"{SMALL_STILL}?.naturalWidth === 320 && {SMALL_STILL}.src !== {json.dumps(older)}",
            )
        for page in call.pages:
            await call.hears(page)
        await call.until_true(
            call.clinician, "document.querySelector('[data-action=still]:not(:disabled)') !== null"
        )
        await people.act(call.clinician, "still")
        await call.until_true(call.clinician, f"({STILL})() !== null && ({STILL})().width >= 640")
