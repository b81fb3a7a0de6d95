"""Three languages on every page: chosen by their own names, loaded only when chosen, and remembered."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.support.server import Server
from tests.web.test_pages_in_browser import context, enrolled, server, sound  # noqa: F401 (fixtures)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

CHOICE = "[data-action=language]"
# A page as somebody finds it who has never been there, and a key that it shows then in Bambara.
FIRST_VIEWS = {
    "/": "Dɔgɔtɔrɔ, i bɛ yɔrɔ o yɔrɔ",
    "/station": "Nin pɔsiti in sigi",
    "/clinician": "Dɔgɔtɔrɔw ka yɔrɔ",
    "/mediator": "Cɛladonw ka yɔrɔ",
    "/office": "Ɲɛnabɔyɔrɔ",
}


@pytest.mark.parametrize("path", FIRST_VIEWS)
async def test_every_page_offers_three_languages_by_their_own_names(
    server: Server,  # noqa: F811
    context: BrowserContext,  # noqa: F811
    path: str,
) -> None:
    asked: list[str] = []
    page = await context.new_page()
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    await page.goto(server.url + path)
    options = page.locator(f"{CHOICE} option")
    await expect(options).to_have_text(["Français", "Bamanankan", "English"])
    assert [await one.get_attribute("lang") for one in await options.all()] == ["fr", "bm", "en"]
    await expect(page.get_by_label("Langue")).to_have_value("fr")
    assert not {"bm.json", "en.json"} & set(asked)
    await page.get_by_label("Langue").select_option("bm")
    await expect(page.locator("h1:visible")).to_have_text(FIRST_VIEWS[path])
    await expect(page.get_by_label("Kan", exact=True)).to_have_value("bm")
    assert await page.get_attribute("html", "lang") == "bm"
    assert "bm.json" in asked
    await sound(page)


async def test_the_language_is_chosen_with_the_keyboard_alone(
    server: Server,  # noqa: F811
    context: BrowserContext,  # noqa: F811
) -> None:
    page = await context.new_page()
    await page.goto(server.url)
    await expect(page.locator(f"{CHOICE} option")).to_have_count(3)
    while not await page.evaluate("document.activeElement.matches('[data-action=language]')"):
        await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("html")).to_have_attribute("lang", "bm")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("html")).to_have_attribute("lang", "en")


async def test_words_that_do_not_come_leave_the_page_in_french_until_they_do(
    server: Server,  # noqa: F811
    context: BrowserContext,  # noqa: F811
) -> None:
    page = await enrolled(server, context)
    await page.select_option(CHOICE, "bm")
    await expect(page.locator("[data-action=request]")).to_have_text("Dɔgɔtɔrɔ ɲini")
    away = True

    async def answer(route: Route) -> None:
        await (route.abort() if away else route.continue_())

    await page.route("**/i18n/bm.json", answer)
    await page.reload()
    await expect(page.locator("body[data-view=home]")).to_be_attached()
    await expect(page.locator("[data-action=request]")).to_have_text("Demander un médecin")
    away = False
    await expect(page.locator("[data-action=request]")).to_have_text("Dɔgɔtɔrɔ ɲini")


async def test_a_language_that_cannot_be_had_is_told_and_the_choice_goes_back(
    server: Server,  # noqa: F811
    context: BrowserContext,  # noqa: F811
) -> None:
    page = await context.new_page()
    await page.route("**/i18n/en.json", lambda route: route.abort())
    await page.goto(server.url)
    await page.select_option(CHOICE, "en")
    await expect(page.locator("[data-notice]")).to_contain_text("Le serveur ne répond pas")
    await expect(page.locator(CHOICE)).to_have_value("fr")
    assert await page.evaluate("localStorage.getItem('keneya.language')") is None


async def test_figures_in_bambara_are_written_as_in_french(modules: Page) -> None:
    found = await modules.evaluate("""async () => {
        const i18n = await import('/web/shared/base/i18n.js');
        const { when } = await import('/web/shared/base/fields.js');
        await i18n.chooseLanguage('bm');
        await i18n.alsoSay('people');
        return [i18n.number(38.5), i18n.clock(245), i18n.t('queue.announce', { count: 1 }),
            i18n.t('queue.announce', { count: 2_000_000 }), i18n.t('day.0'), when(0, 'bm')];
    }""")
    assert found[:2] == ["38,5", "4:05"]
    assert found[2] == "Banabagatɔ 1 bɛ makɔnɔni na"
    assert found[3].startswith("Banabagatɔ 2")
    assert found[3].endswith("000 bɛ makɔnɔni na")
    assert found[4:] == ["ntɛnɛn", "1 janv. 1970, 00:00"]


async def test_two_choices_at_once_end_with_the_last_one(modules: Page) -> None:
    found = await modules.evaluate("""async () => {
        const i18n = await import('/web/shared/base/i18n.js');
        await Promise.all([i18n.alsoSay('cases'), i18n.chooseLanguage('en'), i18n.chooseLanguage('bm')]);
        return [i18n.currentLanguage(), document.documentElement.lang, i18n.t('home.request'), i18n.t('case.age')];
    }""")
    assert found == ["bm", "bm", "Dɔgɔtɔrɔ ɲini", "Si"]


@pytest.mark.parametrize(("mark", "shown"), [("", "fr"), ("#bm", "bm"), ("#en", "en"), ("#fr", "fr")])
async def test_the_leaflet_speaks_the_language_of_its_address(
    server: Server,  # noqa: F811
    context: BrowserContext,  # noqa: F811
    mark: str,
    shown: str,
) -> None:
    page = await context.new_page()
    await page.goto(f"{server.url}/conseils{mark}")
    visible = page.locator("main:visible")
    await expect(visible).to_have_count(1)
    assert await visible.get_attribute("lang") == shown
    await page.get_by_role("link", name="Bamanankan").click()
    await expect(page.locator("main:visible")).to_have_attribute("lang", "bm")
    await sound(page)
