"""A station's page is loaded anew while a case or its photos are on their way: the real server, a real Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect
from sqlalchemy import select

from benchmarks.lab.systems import people
from server.cases.tables import CaseFile, CasePhoto
from tests.support.patience import PATIENCE_MS, PATIENCE_S
from tests.support.server import Server, running_server
from tests.web.pages import WEB

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

IMAGES = WEB.parent / "docs" / "images"
PHOTOS = [IMAGES / "station-call.png", IMAGES / "clinician-call.png"]
KEPT = """async () => {
    const known = await indexedDB.databases();
    if (!known.some(({ name }) => name === 'keneya-photos')) return 0;
    return new Promise((resolve) => {
        const opening = indexedDB.open('keneya-photos');
        opening.onsuccess = () => {
            const counting = opening.result.transaction('photos').objectStore('photos').count();
            counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
        };
    });
}"""


@pytest_asyncio.fixture(loop_scope="module")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_server(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def station(server: Server, chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await people.enrol(page, server.url, (await server.new_station()).code)
    yield page
    await context.close()


async def until_kept(page: Page, count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await page.evaluate(KEPT) != count:  # noqa: ASYNC110 - the page cannot wake us
            await asyncio.sleep(0.05)


async def stored(server: Server) -> list[bool]:
    async with server.services.database() as db:
        rows = await db.scalars(select(CasePhoto).order_by(CasePhoto.announced_at))
        return [row.stored_at is not None for row in rows]


async def lost(route: Route) -> None:
    await route.abort("connectionreset")


async def with_photos(station: Page) -> None:
    await people.act(station, "case")
    form = station.locator("form[data-form=case]")
    for number, photo in enumerate(PHOTOS, 1):
        await form.locator("input[type=file]").set_input_files(photo)
        await expect(form.locator("li", has_text=f"Photo {number}")).to_be_visible()
    await people.act(station, "submit-case")
    await expect(station.locator("form[data-form=consent]")).to_be_visible()


async def test_photos_go_on_where_the_reload_interrupted_them(server: Server, station: Page) -> None:
    await station.route("**/api/photos/*", lost)
    await with_photos(station)
    await until_kept(station, 2)
    await people.agree(station)
    await people.view(station, "waiting")
    await station.reload()
    await station.unroute("**/api/photos/*")
    await people.view(station, "waiting")
    await expect(station.locator("[data-photo-text]")).to_contain_text("Photo 2 arrivée")
    await until_kept(station, 0)  # nothing of the patient stays on this device
    assert await stored(server) == [True, True]


async def test_photos_that_this_device_could_not_keep_are_told_to_be_missing(
    server: Server, station: Page
) -> None:
    await station.add_init_script("""
        const open = indexedDB.open.bind(indexedDB);
        indexedDB.open = (name, version) => {
            if (name === 'keneya-photos') throw new DOMException('test', 'SecurityError');
            return open(name, version);
        };
    """)
    await station.reload()
    await people.view(station, "home")
    await station.route("**/api/photos/*", lost)
    await with_photos(station)
    await people.agree(station)
    await people.view(station, "waiting")
    async with asyncio.timeout(PATIENCE_S):
        while len(await stored(server)) < 2:  # noqa: ASYNC110 - both are announced first
            await asyncio.sleep(0.05)
    await station.reload()
    await expect(station.locator("[data-photo-text]")).to_contain_text(
        "pas arrivées avant le rechargement\u00a0: 2."
    )


@pytest.mark.parametrize(("arrives", "said"), [(True, "bien enregistré"), (False, "n’est pas arrivé")])
async def test_a_case_whose_answer_was_lost_is_told_after_the_reload(
    server: Server, station: Page, arrives: bool, said: str
) -> None:
    async def unanswered(route: Route) -> None:
        if arrives:
            await route.fetch()
        await route.abort("connectionreset")

    await station.route("**/api/cases", unanswered)
    await people.act(station, "case")
    await station.locator("form[data-form=case] [name=patient_ref]").fill("2025/0412")
    await people.act(station, "submit-case")
    await expect(station.locator("form[data-form=case] > p[role=alert]")).not_to_be_empty()
    await people.act(station, "submit-case")  # pressed once more
    await expect(station.locator("form[data-form=case] > p[role=alert]")).not_to_be_empty()
    await station.unroute("**/api/cases")
    await station.reload()
    await people.view(station, "home")
    await expect(station.locator("[data-notice]")).to_contain_text(said)
    async with server.services.database() as db:
        assert len(list(await db.scalars(select(CaseFile)))) == int(arrives)


async def sent_without_an_answer(station: Page) -> None:
    async def unanswered(route: Route) -> None:
        await route.fetch()
        await route.abort("connectionreset")

    await station.route("**/api/cases", unanswered)
    await people.act(station, "case")
    form = station.locator("form[data-form=case]")
    await form.locator("[name=patient_ref]").fill("Awa")
    await people.act(station, "submit-case")
    await expect(form.locator(":scope > p[role=alert]")).not_to_be_empty()
    await form.locator("[name=survivor_safe]").check(force=True)
    await form.locator("[name=patient_ref]").fill("Lune")


async def kinds(server: Server) -> list[tuple[str, bool]]:
    async with server.services.database() as db:
        rows = await db.scalars(select(CaseFile).order_by(CaseFile.opened_at))
        return [(row.kind, row.erased_at is not None) for row in rows]


async def test_a_survivor_safe_tick_after_a_lost_answer_makes_the_case_survivor_safe(
    server: Server, station: Page
) -> None:
    await sent_without_an_answer(station)
    await station.unroute("**/api/cases")
    await people.act(station, "submit-case")
    await expect(station.locator("form[data-form=consent]")).to_be_visible()
    assert await kinds(server) == [("ordinary", True), ("survivor_safe", False)]


async def test_a_correction_that_a_reload_cut_off_still_takes_the_first_case_back(
    server: Server, station: Page
) -> None:
    await sent_without_an_answer(station)
    await station.route("**/api/cases/taken-back", lost)
    await people.act(station, "submit-case")
    await expect(station.locator("form[data-form=case] [data-action=submit-case]")).to_be_enabled()
    await station.unroute("**/api/cases/taken-back")
    await station.reload()
    await people.view(station, "home")
    await expect(station.locator("[data-notice]")).to_contain_text("n’est pas arrivé")
    assert await kinds(server) == [("ordinary", True)]
