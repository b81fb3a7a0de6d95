"""Keepers of the house in a real browser: rules of sites, outside accounts, urgent waits, the trail in words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from server.people.tables import Site
from signaling.messages import Role
from tests.support.browsers import missing_browser
from tests.support.cases import House, house
from tests.support.profiles import profile_page
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, Provider, running_provider
from tests.support.server import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as running:
        yield running


@pytest.fixture
async def home(tmp_path: Path, provider: Provider) -> AsyncIterator[House]:
    chosen = {"oidc_issuer": provider.issuer, "oidc_name": "Hôpital du Mali", "oidc_client_id": CLIENT_ID}
    async with house(tmp_path, **chosen, oidc_client_secret=CLIENT_SECRET) as running:
        yield running


async def office(browser: Browser, home: House, role: Role) -> Page:
    """The office of somebody in this role, signed in."""
    await home.server.new_doctor(role.value, role.value, role)
    page = await profile_page(browser)
    await page.goto(home.server.url.replace("127.0.0.1", "localhost") + "/office")
    await page.fill("input[name=login]", role.value)
    await page.fill("input[name=password]", PASSWORD)
    await page.press("input[name=password]", "Enter")
    await expect(page.locator("[data-id=own]")).to_be_visible()
    return page


async def rules_of(home: House, site_id: str) -> tuple[bool, bool]:
    async with home.server.services.database() as db:
        site = await db.get(Site, site_id)
        assert site is not None
        return site.names_allowed, site.survivor_safe


async def test_a_coordinator_changes_a_sites_rules_and_takes_a_change_back(
    browser: Browser, home: House
) -> None:
    await home.server.new_station("CSRéf de Kayes")
    await home.server.new_station("One Stop Center de Bamako")
    page = await office(browser, home, Role.COORDINATOR)
    await page.click("[data-id=sites]")
    card = page.locator(".site", has_text="One Stop Center de Bamako")
    site_id = str(await card.get_attribute("data-site"))
    names = card.locator("[data-rule=names_allowed] [role=switch]")
    safe = card.locator("[data-rule=survivor_safe] [role=switch]")
    # What widens is asked about, and a no changes nothing.
    await names.click()
    await expect(page.locator("dialog")).to_contain_text("One Stop Center de Bamako")
    await page.click("[data-action=keep]")
    assert await rules_of(home, site_id) == (False, False)
    await names.click()
    await page.click("[data-action=confirm]")
    await expect(names).to_have_attribute("aria-checked", "true")
    assert await rules_of(home, site_id) == (True, False)
    await card.get_by_role("button", name="Annuler").click()
    await expect(names).to_have_attribute("aria-checked", "false")
    # What narrows is done at once; taking that back widens, and is asked about.
    await safe.click()
    await expect(safe).to_have_attribute("aria-checked", "true")
    await expect(safe).to_be_focused()
    assert await rules_of(home, site_id) == (False, True)
    await card.get_by_role("button", name="Annuler").click()
    await page.click("[data-action=confirm]")
    await expect(safe).to_have_attribute("aria-checked", "false")
    assert await rules_of(home, site_id) == (False, False)


async def test_an_administrator_links_an_outside_account_that_then_signs_in(
    browser: Browser, home: House, provider: Provider
) -> None:
    moussa = await home.server.new_doctor("moussa", "Dr Moussa Keïta")
    await home.server.new_doctor("awa", "Dr Awa Cissé")
    page = await office(browser, home, Role.ADMINISTRATOR)
    await page.click("[data-id=accounts]")
    line = page.locator(".line", has_text="Dr Moussa Keïta")
    await line.get_by_role("button", name="Compte extérieur").click()
    await page.fill(f"[id='{moussa}-subject']", provider.subject)
    await page.click("form[data-form=provider] button[type=submit]")
    await expect(line).to_contain_text(f"Relié à Hôpital du Mali : {provider.subject}")
    other = page.locator(".line", has_text="Dr Awa Cissé")
    await other.get_by_role("button", name="Compte extérieur").click()
    form = page.locator("form[data-form=provider]")
    await form.locator("input").fill(provider.subject)
    await form.locator("button[type=submit]").click()
    await expect(form.locator("[role=alert]")).to_contain_text("ouvre déjà un autre compte")
    now = int(home.clock.now)
    provider.claims = {"amr": ["mfa"], "iat": now, "exp": now + 300}
    doctor = await profile_page(browser)
    await doctor.goto(home.server.url.replace("127.0.0.1", "localhost") + "/clinician")
    await doctor.click("text=Hôpital du Mali")
    await expect(doctor.locator("body[data-view=queue]")).to_be_attached()
    me = await doctor.evaluate("async () => (await (await fetch('/api/session')).json()).participant_id")
    assert me == moussa


async def test_an_urgent_wait_is_told_above_every_section_without_saying_whose(
    browser: Browser, home: House
) -> None:
    station = await home.station("One Stop Center de Bamako")
    page = await office(browser, home, Role.COORDINATOR)
    case_id = await home.open_case(station, urgency="red", survivor_safe=True, patient_ref="Hirondelle")
    await home.ask(station, case_id)
    await home.pass_time(480)
    await page.reload()
    await expect(page.locator(".alarm")).to_contain_text("attend depuis 8 minutes")
    await page.select_option("[data-action=language]", "en")
    await expect(page.locator(".alarm")).to_contain_text("has waited 8 minutes")
    await page.select_option("[data-action=language]", "fr")
    await page.click("[data-id=waiting]")
    await expect(page.locator(".lines")).to_contain_text("attend depuis 8 minutes")
    shown = await page.locator("body").inner_text()
    assert "One Stop Center" not in shown
    assert "Poste 1" not in shown
    assert case_id not in await page.content()


async def test_an_auditor_reads_acts_in_words(browser: Browser, home: House) -> None:
    await home.station()
    page = await office(browser, home, Role.AUDITOR)
    await expect(page.locator("tbody")).to_contain_text("Poste installé")
    assert "station_enrolled" not in await page.locator("tbody").inner_text()
    await page.select_option("#act", "station_code_made")
    await page.click("form[data-form=audit] button[type=submit]")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody")).to_contain_text("Code de poste créé")
    for language, words in (("en", "Station code made"), ("bm", "Pɔsiti kode dabɔra")):
        await page.select_option("[data-action=language]", language)
        await expect(page.locator("tbody")).to_contain_text(words)
