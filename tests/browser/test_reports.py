"""The office of a coordinator and of an auditor in a real browser: reports, and the trail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from signaling.messages import Role
from tests.support.browsers import missing_browser
from tests.support.profiles import profile_page
from tests.support.server import PASSWORD, Server, running_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_server(tmp_path) as running:
        await running.new_station("=CSRéf de Kayes")
        await running.new_doctor("fatou", "Fatou Keïta", Role.COORDINATOR)
        await running.new_doctor("sira", "Sira Diallo", Role.AUDITOR)
        yield running


async def section(browser: Browser, server: Server, login: str, name: str) -> Page:
    """Somebody signs in and opens a section of the office."""
    page = await profile_page(browser)
    await page.goto(f"{server.url}/office")
    await page.fill("input[name=login]", login)
    await page.fill("input[name=password]", PASSWORD)
    await page.press("input[name=password]", "Enter")
    await page.click(f"[data-id={name}]")
    await expect(page.locator("h1[data-heading]").last).to_be_focused()
    return page


async def test_a_coordinator_reads_and_downloads_a_report(browser: Browser, server: Server) -> None:
    page = await section(browser, server, "fatou", "reports")
    await expect(page.locator("[data-id=audit]")).to_have_count(0)
    activity = page.locator(".report").first
    await expect(activity.locator("caption").first).to_have_text("Consultations par spécialité")
    async with page.expect_download() as waited:
        await activity.locator("a[download]").click()
    download = await waited.value
    assert download.suggested_filename.startswith("keneya-activity-")
    assert (await download.path()).read_bytes().startswith(b'\xef\xbb\xbf"kind";"month";"specialty";')
    await page.fill("#first", "2026-05-01")
    await page.fill("#last", "2026-04-01")
    await page.click("form[data-form=reports] button[type=submit]")
    await expect(page.locator("form[data-form=reports] [role=alert]")).to_contain_text("deux jours")


async def test_an_auditor_looks_for_an_act_and_has_the_trail_verified(
    browser: Browser, server: Server
) -> None:
    page = await section(browser, server, "sira", "audit")
    await page.select_option("#act", "account_created")
    await page.click("form[data-form=audit] button[type=submit]")
    await expect(page.locator("tbody tr")).to_have_count(2)
    await page.click(".report button")
    await expect(page.locator(".report [role=status]")).to_contain_text("entier. Lignes lues")
