"""Pins, rungs and costs in a real call: what two people see and choose, and that it is true."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page

from benchmarks.lab.systems import people
from tests.support.browsers import missing_browser
from tests.support.call import Call, in_call

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

VOICE_ONLY = "['voice', 'voice-thin'].includes(document.querySelector('[data-call]').dataset.{way})"
PICTURE = "(document.querySelector('[data-call]').dataset.{way} ?? '').startsWith('video')"


async def rungs(call: Call, page: Page, condition: str) -> None:
    for way in ("rungDown", "rungUp"):
        await call.until_true(page, condition.format(way=way))


async def pictures(call: Call, page: Page) -> int:
    facts = await call.stats(page)
    return int(facts["video"]["frames"]) if facts["video"] else 0


async def test_voice_only_stops_the_picture_both_ways_and_lasts_over_a_reload(
    tmp_path: Path,
) -> None:
    async with in_call(tmp_path) as call:
        for page in call.pages:
            await call.hears_and_sees(page)
            await rungs(call, page, PICTURE)
        await people.act(call.station, "quality")
        await people.act(call.station, "audio-only")
        for page in call.pages:
            await rungs(call, page, VOICE_ONLY)
        await asyncio.sleep(1.5)  # what was on its way
        before = [await pictures(call, page) for page in call.pages]
        await asyncio.sleep(2.0)
        after = [await pictures(call, page) for page in call.pages]
        assert [late - early for early, late in zip(before, after, strict=True)] == [0, 0]
        # Both are told in words, each from its own side.
        # A call that began before its link was measured may still be sending a thin voice.
        await call.until_true(
            call.station, "document.querySelector('.rung').innerText.includes('Voix seule')"
        )
        assert "votre choix" in await call.station.inner_text(".rung")
        await call.until_true(
            call.clinician, "document.querySelector('.rung').innerText.includes('choix fait côté')"
        )
        # The light of a camera nobody sees is out, and the button says how to get it back.
        assert await call.station.get_attribute("[data-action=audio-only]", "aria-pressed") == "true"
        assert "Rouvrir la caméra" in await call.station.inner_text("[data-action=camera]")
        await people.act(call.station, "audio-only")
        for page in call.pages:
            await call.hears_and_sees(page)
            await rungs(call, page, PICTURE)

        # A choice survives a reload and ends with the patient.
        await people.act(call.station, "audio-only")
        await rungs(call, call.clinician, VOICE_ONLY)
        await call.station.reload()
        await people.view(call.station, "call")
        await call.until(call.clinician, "voice after the reload", lambda facts: facts["audio"])
        await rungs(call, call.station, VOICE_ONLY)
        await people.act(call.clinician, "end")
        await people.act(call.clinician, "confirm")
        if await people.view(call.station, "ended", "home") == "ended":
            await people.act(call.station, "home")
        await people.view(call.station, "home")
        stored = "JSON.parse(sessionStorage.getItem('keneya.preferences')).audio_only === false"
        await call.until_true(call.station, stored)


async def test_costs_who_speaks_and_what_is_looked_at_are_shown(tmp_path: Path) -> None:
    async with in_call(tmp_path) as call:
        # In the markup of the views left behind stands what was shown before.
        before = await call.station.evaluate("document.querySelector('[data-estimate] span').textContent")
        assert "10 min" in before
        assert "FCFA" in before
        for page in call.pages:
            await call.until_true(
                page, "/\\d Mo · [\\d,]+ FCFA/.test(document.querySelector('.call-use').innerText)"
            )
        for page in call.pages:
            await page.wait_for_selector(".tile.speaking .tile-speaks:visible")
            await page.wait_for_selector(".own-speaks:visible")
        await people.act(call.station, "mute")
        await call.clinician.wait_for_selector(".tile:not(.speaking)")
        await call.station.wait_for_selector(".own-speaks", state="hidden")
        # Only who treats is asked what is looked at.
        for page, radios in zip(call.pages, (0, 3), strict=True):
            await people.act(page, "quality")
            await page.wait_for_selector("#quality:visible")
            assert await page.locator("#quality [name=profile]").count() == radios


async def test_without_a_price_no_cost_is_shown(tmp_path: Path) -> None:
    async with in_call(tmp_path, data_price_fcfa_per_gb=0) as call:
        use = "document.querySelector('.call-use').innerText"
        await call.until_true(call.station, f"{use}.includes('Mo')")
        assert "FCFA" not in await call.station.evaluate(use)
