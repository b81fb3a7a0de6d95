"""Every section of the office for every role that has one, the front door and the leaflet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from server.people.accounts.store import Profile
from signaling.messages import Role
from tests.support.patience import PATIENCE_MS
from tests.support.server import PASSWORD, Server, running_server
from tests.web.walk.looking import LONG, Walk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
]

OFFICE = (Role.ADMINISTRATOR, Role.COORDINATOR, Role.AUDITOR)


@pytest_asyncio.fixture(loop_scope="module")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_server(tmp_path) as running:
        for role in (*OFFICE, Role.CLINICIAN):
            profile = Profile(LONG, role, LONG)
            made = await running.services.accounts.create(role, profile, password=PASSWORD, lasting=True)
            running.services.sessions.waive_second_factor(made)
        await running.services.stations.new_code(site=LONG, name=LONG)
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR")
    context.set_default_timeout(PATIENCE_MS)
    yield await context.new_page()
    await context.close()


@pytest.mark.parametrize("role", OFFICE)
async def test_every_section_of_the_office(server: Server, page: Page, role: Role) -> None:
    walk = Walk()
    await page.goto(f"{server.url}/office")
    await page.fill("input[name=login]", role)
    if role is OFFICE[0]:  # nobody is signed in yet: it is the same page for every role
        await walk.look(page, "office: sign-in")
    await page.fill("input[name=password]", PASSWORD)
    await page.press("input[name=password]", "Enter")
    await expect(page.locator("[data-id=own]")).to_be_visible()
    sections = [
        str(await one.get_attribute("data-id"))
        for one in await page.locator("nav [data-id], [role=tab]").all()
    ]
    assert len(sections) > 1
    for section in sections:
        await page.click(f"[data-id={section}]")
        await expect(page.locator("main h1:visible, main h2:visible").first).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await walk.look(page, f"office as {role}: {section}")
    walk.end()


@pytest.mark.parametrize("path", ["/", "/conseils"])
async def test_the_pages_without_a_face(server: Server, page: Page, path: str) -> None:
    walk = Walk()
    await page.goto(server.url + path)
    await walk.look(page, path)
    walk.end()
