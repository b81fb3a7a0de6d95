"""A patient takes the consent back in two real Chromium pages, from either side of the call, and while waiting."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from benchmarks.lab.systems import people
from tests.support.browsers import missing_browser
from tests.support.call import in_call, two_pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

WORDS = "retiré son accord"


async def test_at_the_station_by_keyboard_one_question_and_it_is_over_for_both(tmp_path: Path) -> None:
    async with in_call(tmp_path) as call:
        button = call.station.locator("[data-action=withdraw]:visible")
        await button.focus()
        await call.station.keyboard.press("Enter")
        question = call.station.locator("dialog[open]")
        await expect(question).to_contain_text("pour tout le monde")
        await call.station.keyboard.press("Enter")  # what has the focus keeps things as they are
        await expect(question).to_have_count(0)
        assert await people.view(call.station, "call") == "call"

        await expect(button).to_be_focused()
        await call.station.keyboard.press("Enter")
        await expect(question).to_contain_text("pour tout le monde")
        await call.station.keyboard.press("Tab")
        await call.station.keyboard.press("Enter")
        await people.view(call.station, "ended")
        await people.view(call.clinician, "queue")
        for page in call.pages:
            await expect(page.locator("[data-notice]")).to_contain_text(WORDS)


async def test_the_clinician_does_it_on_the_patients_word(tmp_path: Path) -> None:
    async with in_call(tmp_path) as call:
        await people.act(call.clinician, "withdraw")
        await people.act(call.clinician, "confirm")
        await people.view(call.clinician, "queue")
        await people.view(call.station, "ended")
        await expect(call.station.locator("[data-notice]")).to_contain_text(WORDS)


async def test_while_waiting_it_can_be_taken_back_once_it_was_given(tmp_path: Path) -> None:
    async with async_playwright() as playwright, two_pages(tmp_path, playwright) as call:
        station = call.station
        await people.act(station, "request")
        await people.view(station, "waiting")
        back = station.locator(".waiting [data-action=withdraw]")
        await expect(back).to_be_hidden()
        await people.agree(station)
        await back.click()
        await people.act(station, "confirm")
        await people.view(station, "home")
        await expect(call.clinician.locator("li[data-consultation]")).to_have_count(0)
