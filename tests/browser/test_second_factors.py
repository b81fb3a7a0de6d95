"""Passkeys and recovery codes in a real browser, whose authenticator is the virtual one of Chromium."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from benchmarks.lab.browser import missing_browser
from server.people.accounts.store import Profile
from server.people.factors import totp
from server.people.factors.recoverycodes import CODES
from signaling.messages import Role
from tests.support.people import ONE_TIME, OWN
from tests.support.profiles import profile_page
from tests.support.server import Server, running_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

DESK = "[data-id=stations]"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_server(tmp_path) as running:
        profile = Profile("Fatou Keïta", Role.ADMINISTRATOR)
        await running.services.accounts.create("fatou", profile, password=ONE_TIME)
        yield running


async def office(browser: Browser, server: Server, *, authenticator: bool = True) -> Page:
    """The office in a profile of its own. `localhost`: passkeys want a name, not an address."""
    page = await profile_page(browser)
    if authenticator:
        cdp = await page.context.new_cdp_session(page)
        await cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    await page.goto(server.url.replace("127.0.0.1", "localhost") + "/office")
    return page


async def typed(page: Page, selector: str, text: str) -> None:
    await page.fill(selector, text)
    await page.press(selector, "Enter")


async def sign_in(page: Page, password: str = OWN) -> None:
    await page.fill("input[name=login]", "fatou")
    await typed(page, "input[name=password]", password)


async def own_password(page: Page) -> None:
    await sign_in(page, ONE_TIME)
    await page.fill("#step-password-new", OWN)
    await typed(page, "#step-password-again", OWN)


async def sheet(page: Page) -> list[str]:
    """The codes that are shown once."""
    await page.wait_for_selector(".sheet .codes")
    codes = await page.locator(".sheet .codes li").all_text_contents()
    await page.click("[data-action=codes-kept]")
    return codes


async def test_a_first_sign_in_with_a_passkey_and_the_next_one(browser: Browser, server: Server) -> None:
    page = await office(browser, server)
    await own_password(page)
    await page.click("[data-way=passkey]")
    await page.click("form[data-form=step-enrol_passkey] button[type=submit]")
    codes = await sheet(page)
    assert len(set(codes)) == CODES
    await expect(page.locator(DESK)).to_be_visible()
    await page.click("[data-action=sign-out]")
    await sign_in(page)
    await page.click("form[data-form=step-passkey] button[type=submit]")
    await expect(page.locator(DESK)).to_be_visible()


async def test_without_the_device_a_code_of_the_sheet_opens_once(browser: Browser, server: Server) -> None:
    page = await office(browser, server)
    await own_password(page)
    await page.click("[data-way=passkey]")
    await page.click("form[data-form=step-enrol_passkey] button[type=submit]")
    codes = await sheet(page)
    elsewhere = await office(browser, server, authenticator=False)
    for code, opens in ((codes[0], True), (codes[0], False)):
        await sign_in(elsewhere)
        await elsewhere.click("[data-way=recovery_code]")
        await typed(elsewhere, "#recovery-code", code.upper())
        if opens:
            await expect(elsewhere.locator(DESK)).to_be_visible()
            await elsewhere.click("[data-action=sign-out]")
        else:
            await expect(elsewhere.locator("#step-error")).to_contain_text("déjà servi")
            await expect(elsewhere.locator(DESK)).not_to_be_visible()


async def test_a_passkey_is_added_beside_the_telephone_and_taken_away(
    browser: Browser, server: Server
) -> None:
    page = await office(browser, server)
    await own_password(page)
    shown = await page.text_content("form[data-form=step-enrol] .secret")
    assert shown is not None
    await typed(page, "#six-digits", totp.code_at(shown.replace(" ", ""), time.time()))
    await sheet(page)
    await page.click("[data-id=own]")
    lines = page.locator(".section .section .lines > li")
    await expect(lines).to_have_count(3)
    await lines.nth(1).locator("button").click()
    await page.click("form[data-form=step-enrol_passkey] button[type=submit]")
    await expect(lines).to_have_count(4)
    # One of two may go, the last one stays.
    await lines.nth(1).locator("button").click()
    await page.click("[data-action=confirm]")
    await expect(lines).to_have_count(3)
    await lines.nth(0).locator("button.danger").click()
    await page.click("[data-action=confirm]")
    await expect(page.locator("[data-notice]")).to_contain_text("dernière preuve")
