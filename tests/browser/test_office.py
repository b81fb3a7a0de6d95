"""The office in a real browser: a first sign-in to its end, a kiosk enrolled and taken out of service."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from server.people.accounts.store import Profile
from server.people.factors import totp
from signaling.messages import Role
from tests.support.browsers import missing_browser
from tests.support.people import ONE_TIME, OWN
from tests.support.profiles import profile_page
from tests.support.server import Server, running_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

CODE = ".told .secret"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_server(tmp_path) as running:
        profile = Profile("Fatou Keïta", Role.ADMINISTRATOR)
        await running.services.accounts.create("fatou", profile, password=ONE_TIME)
        yield running


async def new_page(browser: Browser, server: Server, path: str) -> Page:
    """A page in a profile of its own. `localhost`: WebCrypto wants a secure context."""
    page = await profile_page(browser)
    await page.goto(server.url.replace("127.0.0.1", "localhost") + path)
    return page


async def typed(page: Page, selector: str, text: str) -> None:
    await page.fill(selector, text)
    await page.press(selector, "Enter")


async def sign_in(page: Page, password: str) -> None:
    await page.fill("input[name=login]", "fatou")
    await typed(page, "input[name=password]", password)


async def first_sign_in(page: Page) -> str:
    """Own password and telephone; gives the secret that the page showed."""
    await sign_in(page, ONE_TIME)
    await page.fill("#step-password-new", OWN)
    await typed(page, "#step-password-again", OWN)
    shown = await page.text_content("form[data-form=step-enrol] .secret")
    assert shown is not None
    secret = shown.replace(" ", "")
    await typed(page, "#six-digits", totp.code_at(secret, time.time()))
    await page.click("[data-action=codes-kept]")
    await expect(page.locator("[data-id=stations]")).to_be_visible()
    return secret


async def test_a_first_sign_in_and_the_digits_once(browser: Browser, server: Server) -> None:
    page = await new_page(browser, server, "/office")
    await sign_in(page, ONE_TIME)
    await page.fill("#step-password-new", "motdepasse2026")
    await typed(page, "#step-password-again", "motdepasse2026")
    await expect(page.locator("#step-error")).to_contain_text("se devine trop vite")
    await page.click("[data-action=step-back]")
    secret = await first_sign_in(page)
    await page.click("[data-action=sign-out]")
    await sign_in(page, OWN)
    await typed(page, "#six-digits", totp.code_at(secret, time.time() - 30))
    await expect(page.locator("#step-error")).to_contain_text("déjà servi")
    await expect(page.locator("[data-id=stations]")).to_have_count(0)


async def test_a_kiosk_is_enrolled_keeps_its_key_and_stops_at_once(browser: Browser, server: Server) -> None:
    office = await new_page(browser, server, "/office")
    await first_sign_in(office)
    await office.fill("#site", "CSRéf de Kayes")
    await typed(office, "#name", "Poste 1")
    code = await office.text_content(CODE)
    assert code is not None
    kiosk = await new_page(browser, server, "/station")
    await typed(kiosk, "input[name=code]", code)
    await expect(kiosk.locator("body[data-view=home]")).to_be_attached()
    # The key is in the browser's keeping: a reload needs no code, a copied cookie opens nothing.
    await kiosk.reload()
    await expect(kiosk.locator("body[data-view=home]")).to_be_attached()
    cookies = [c for c in await kiosk.context.cookies() if c["name"] == "keneya-station"]
    thief = await new_page(browser, server, "/")
    await thief.context.add_cookies(cookies)  # type: ignore[arg-type]
    await thief.goto(server.url.replace("127.0.0.1", "localhost") + "/station")
    await expect(thief.locator("body[data-view=enrol]")).to_be_attached()
    await office.click("[data-id=stations]")
    await office.click(".lines .danger")
    await office.click("[data-action=confirm]")
    await expect(kiosk.locator("body[data-view=enrol]")).to_be_attached()


async def test_an_account_is_made_in_the_office(browser: Browser, server: Server) -> None:
    page = await new_page(browser, server, "/office")
    await first_sign_in(page)
    await page.click("[data-id=accounts]")
    await page.fill("#new-login", "sira")
    await page.fill("#new-name", "Sira Diallo")
    await page.select_option("#new-role", "mediator")
    await page.check("input[name=new-languages][value=ff]")
    await page.click("form[data-form=new-account] button[type=submit]")
    await expect(page.locator(CODE)).to_be_visible()
    (line,) = [one for one in await server.services.accounts.everybody() if one.login == "sira"]
    assert (line.role, line.languages, line.must_change_password) == ("mediator", ["ff"], True)
