"""Stills between two real pages: asked for, taken, on their way, there; and nothing breaks when a page goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from benchmarks.lab.systems import people
from media.core.estimate import SendEstimate
from media.engine.relay.control.stillsbudget import StillsBudget
from tests.support.browsers import missing_browser
from tests.support.call import Call, in_call

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

# Every value that progress had on a page, in order: it is too quick on a loopback to be looked at.
WATCH = """() => {
  window.__progress = [];
  new MutationObserver(() => {
    for (const line of document.querySelectorAll('[data-still-progress]')) {
      window.__progress.push([Number(line.dataset.stillProgress), line.textContent]);
    }
  }).observe(document.body, {subtree: true, childList: true, attributes: true});
}"""
STILL = """() => {
  const still = document.querySelector('.still-viewer:not([hidden]) img.still');
  return still && still.complete ? {width: still.naturalWidth, height: still.naturalHeight} : null;
}"""


@pytest.fixture(autouse=True)
def thin_way_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pace of a thin link: on a loopback a still is there before anybody sees it come."""
    monkeypatch.setattr(StillsBudget, "up_bps", lambda *_args, **_rates: 12_000.0)


async def ask(call: Call) -> None:
    """The doctor taps as soon as the button is there and may be used."""
    await call.until_true(
        call.clinician, "document.querySelector('[data-action=still]:not(:disabled)') !== null"
    )
    await people.act(call.clinician, "still")


async def progress(page: Page) -> list[list[Any]]:
    seen: list[list[Any]] = await page.evaluate("window.__progress")
    return seen


async def test_a_sharp_still_may_be_refused_or_arrives_whole_and_both_see_it_on_its_way(
    tmp_path: Path,
) -> None:
    async with in_call(tmp_path) as call:
        await ask(call)
        await people.act(call.station, "still-refuse")
        await call.clinician.wait_for_selector(".notice:visible")
        await call.until_true(call.clinician, "document.querySelector('[data-still-progress]') === null")
        assert await call.clinician.evaluate("document.querySelector('.still-thumb')") is None
        for page in call.pages:
            await page.evaluate(WATCH)
        await ask(call)
        await call.station.wait_for_selector(".still-question:visible")
        await call.until_true(call.clinician, f"({STILL})() !== null && ({STILL})().width >= 640")
        await call.until_true(call.station, "document.querySelector('[data-still-progress]') === null")
        for page in call.pages:
            steps = [percent for percent, words in await progress(page) if "%" in words]
            assert steps  # the fake camera's still is two pieces: the sender hears of no half
        coming = [percent for percent, words in await progress(call.clinician) if "%" in words]
        assert any(0 < percent < 100 for percent in coming), coming
        # It opens large, goes away, and comes back from the strip; keys zoom.
        await call.clinician.keyboard.press("+")
        await call.until_true(
            call.clinician, "document.querySelector('img.still').style.transform.includes('scale(1.5)')"
        )
        await people.act(call.clinician, "still-close")
        await people.act(call.clinician, "still-open")
        await call.clinician.keyboard.press("Escape")
        for page in call.pages:
            await call.hears(page)
        # Nothing of it outlives the call.
        await people.act(call.clinician, "end")
        await people.act(call.clinician, "confirm")
        await people.view(call.clinician, "queue")
        await call.until_true(call.clinician, "document.querySelector('.still-thumb') === null")
        assert (
            await call.clinician.evaluate("document.querySelector('img.still').getAttribute('src')") is None
        )


async def test_a_reload_in_mid_transfer_breaks_neither_call_nor_page(tmp_path: Path) -> None:
    async with in_call(tmp_path) as call:
        await ask(call)
        await call.until_true(
            call.clinician,
            "[...document.querySelectorAll('.still-line')].some(l => l.textContent.includes('%'))",
        )
        await call.station.reload()
        await people.view(call.station, "call")
        for page in call.pages:
            await call.hears(page)
        # The half still is taken back, and another can be asked for.
        await call.until_true(call.clinician, "document.querySelector('[data-still-progress]') === null")
        await ask(call)
        await call.until_true(call.clinician, f"({STILL})() !== null && ({STILL})().width >= 640")


async def test_small_stills_come_by_themselves_where_there_is_no_room_for_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SendEstimate, "estimate_bps", property(lambda _: 26_000))
    async with in_call(tmp_path) as call:
        for page in call.pages:
            await call.until_true(
                page, "document.querySelector('.tile.has-still img.still-small')?.naturalWidth === 320"
            )
            assert "%" not in await page.inner_text(".still-lines")
