"""The PIN of older cases in real browsers: given in the office, typed at the kiosk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from benchmarks.lab.browser import missing_browser
from signaling.messages import Role
from tests.support.profiles import profile_page
from tests.support.server import PASSWORD, Server, running_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_server(tmp_path) as running:
        yield running


async def opened(browser: Browser, server: Server, path: str) -> Page:
    page = await profile_page(browser)
    await page.goto(server.url.replace("127.0.0.1", "localhost") + path)
    return page


async def test_a_pin_is_given_in_the_office_and_opens_older_cases_at_the_kiosk(
    browser: Browser, server: Server
) -> None:
    code = (await server.new_station()).code
    await server.new_doctor("awa", "Awa", Role.COORDINATOR)
    office = await opened(browser, server, "/office")
    await office.fill("input[name=login]", "awa")
    await office.fill("input[name=password]", PASSWORD)
    await office.press("input[name=password]", "Enter")
    await office.locator(".lines .acts button").nth(1).click()
    pin = await office.text_content(".told .secret")
    assert pin is not None

    kiosk = await opened(browser, server, "/station")
    await kiosk.fill("input[name=code]", code)
    await kiosk.press("input[name=code]", "Enter")
    await kiosk.click("[data-action=records]")
    form = kiosk.locator("form[data-form=pin]")
    wrong = f"{(int(pin) + 1) % 1_000_000:06}"
    await form.locator("input").fill(wrong)
    await form.locator("input").press("Enter")
    await expect(form.locator("[role=alert]")).to_contain_text("pas celui de ce poste")
    await form.locator("input").fill(pin)
    await form.locator("input").press("Enter")
    await expect(kiosk.locator("[data-pin]")).to_contain_text("ouverts")
    await kiosk.locator("[data-pin] button").click()
    await expect(form).to_be_visible()
