"""The consent step at a real station: read in the patient's language, answered, on disk before it lets go."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from server.consents import ConsentScope
from server.consents.consent import TEXT_NAMES
from tests.support.server import Server
from tests.web.pages import WEB
from tests.web.test_pages_in_browser import context, enrolled, server, sound  # noqa: F401 (fixtures)

TEXTS = WEB / "shared" / "cases" / "consents"
# A text that was read to patients is evidence: to say it better, add a file with the next number.
NEVER_CHANGED = {
    "group-1": "b19177eee2f460bf59b9494bf9b4cf50675efd494aa9c96e3f3cb4e9e6e97aa7",
    "recording-1": "a42b4c220e696557ebdffc5d572fb6efe2db0c00315214adeac7e036c643cb48",
    "referral-1": "9f78787b00ce63a4d3fdafd79afe9da81aa1c9744a9f9e20b1c48f4ab7d214f2",
    "referral-2": "9f0016917cae5dfe6fd23559be43f7ad6d9e3314829293fbf87ca69d83b601f0",
    "teleconsultation-1": "a98e4df99abf2c3342b8e6b7ae139974d00e6846590d299b00f51d466e3867e1",
    "teleconsultation-2": "41ef11223160e4b818b4022bbabfd106d907099e4cd007f6b05ca35344fc85c3",
    "third_person-1": "195ebdff45112b9fed317e2bd91949c20f8dd00e5c7963e6c1d5689e90747bc2",
}

ASK = """async (about) => {
    const files = ['shared/base/http.js', 'station/key.js', 'shared/base/i18n.js', 'station/cases/consent.js',
        'shared/cases/withdrawal.js'];
    const [http, key, i18n, step, back] = await Promise.all(files.map((name) => import(`/web/${name}`)));
    http.signWith(key.stationSigner);
    await i18n.startLanguage();
    const { id } = await http.call('POST', '/api/cases', { urgency: 'green' });
    document.querySelectorAll('main > *').forEach((one) => one.remove());
    const box = document.body.querySelector('main').appendChild(document.createElement('section'));
    window.caseId = id;
    window.withdraw = back.withdrawConsent;
    window.answered = 'nothing yet';
    step.askConsent(box, { caseId: id, ...about }).then((answer) => { window.answered = answer; });
}"""


async def asked(page: Page, **about: str) -> str:
    """The step is shown for a new case; gives its id."""
    await page.evaluate(ASK, about)
    await expect(page.locator("[data-form=consent]")).to_be_visible()
    return str(await page.evaluate("window.caseId"))


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_a_yes_is_on_disk_with_how_by_whom_and_in_which_language(
    server: Server,  # noqa: F811
    context: BrowserContext,  # noqa: F811
) -> None:
    page = await enrolled(server, context)
    case_id = await asked(page)
    await sound(page)
    # Without the name of who explained it, nothing is sent.
    await page.click("[data-answer=check]")
    await expect(page.locator("[data-form=consent] [role=alert]")).not_to_be_empty()
    await page.check("input[name=consent_language][value=bm]", force=True)
    await expect(page.locator(".consent-question")).to_have_text("I sɔnna wa ?")
    await page.select_option("select[name=giver]", "mother")
    await page.fill("input[name=giver_name]", "Aminata")
    await page.check("input[name=how][value=thumb]", force=True)
    await page.fill("input[name=explained_by]", "Fatou D.")
    await sound(page)
    await page.click("[data-answer=check]")
    await expect(page.locator("[data-form=consent]")).to_have_count(0)
    assert await page.evaluate("window.answered") is True
    own = server.services
    async with own.database() as db:
        (kept,) = await own.consents.of(db, case_id)
    answer = kept.answer
    assert (answer.given, answer.language, answer.text_id, answer.how, answer.giver) == (
        True, "bm", "teleconsultation-2", "thumb", "mother",
    )  # fmt: skip
    assert (answer.explained_by.reveal(), answer.giver_name and answer.giver_name.reveal()) == (
        "Fatou D.",
        "Aminata",
    )
    await page.evaluate("window.withdraw({ caseId: window.caseId })")
    async with own.database.begin() as db:
        newest = await own.consents.newest(db, case_id, ConsentScope.TELECONSULTATION)
    assert newest is not None
    assert not newest.in_force


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_a_no_is_kept_too_and_the_name_is_not_typed_twice(
    server: Server,  # noqa: F811
    context: BrowserContext,  # noqa: F811
) -> None:
    page = await enrolled(server, context)
    await asked(page)
    await page.fill("input[name=explained_by]", "Fatou D.")
    await page.click("[data-answer=check]")
    await expect(page.locator("[data-form=consent]")).to_have_count(0)
    case_id = await asked(page)
    await expect(page.locator("input[name=explained_by]")).to_have_value("Fatou D.")
    await page.click("[data-answer=cross]")
    await expect(page.locator("[data-form=consent]")).to_have_count(0)
    assert await page.evaluate("window.answered") is False
    async with server.services.database() as db:
        (kept,) = await server.services.consents.of(db, case_id)
    assert not kept.answer.given


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_the_step_speaks_the_patients_language_and_the_words_of_what_happens(
    server: Server,  # noqa: F811
    context: BrowserContext,  # noqa: F811
) -> None:
    page = await enrolled(server, context)
    for about, title in (
        ({"language": "bm"}, "Kuma ni mɔgɔ ye min yɔrɔ ka jan"),
        ({"language": "en", "subject": "group"}, "Talking in a group, with people who are far away"),
        ({"language": "fr", "subject": "third_person"}, "Une troisième personne dans l’entretien"),
    ):
        await asked(page, **about)
        await expect(page.locator(".consent-words h2")).to_have_text(title)
    # A yes to a third person is kept as one, in the words that were read.
    case_id = await asked(page, language="bm", subject="third_person")
    await page.fill("input[name=explained_by]", "Fatou D.")
    await page.click("[data-answer=check]")
    await expect(page.locator("[data-form=consent]")).to_have_count(0)
    async with server.services.database() as db:
        (kept,) = await server.services.consents.of(db, case_id)
    assert (kept.answer.scope, kept.answer.text_id) == ("third_person", "third_person-1")


def texts() -> list[Path]:
    return sorted(TEXTS.glob("*.json"))


@pytest.mark.parametrize("path", texts(), ids=lambda path: path.stem)
def test_a_text_says_the_same_points_in_every_language(path: Path) -> None:
    words = json.loads(path.read_text(encoding="utf-8"))
    assert tuple(words) == ("fr", "bm", "en")
    shapes = {tuple(icon for icon, _ in one["points"]) for one in words.values()}
    assert len(shapes) == 1
    for one in words.values():
        assert set(one) == {"title", "points", "question"}
        assert all(text.strip() for _, text in one["points"])
        named = path.stem.startswith("referral")
        assert any("{recipient}" in text for _, text in one["points"]) is named


def test_the_step_speaks_bambara_as_well() -> None:
    def keys(language: str) -> set[str]:
        words = json.loads(
            (WEB / "shared" / "base" / "i18n" / f"consent.{language}.json").read_text(encoding="utf-8")
        )
        assert all(text.strip() for text in words.values())
        return set(words)

    assert keys("bm") == keys("fr") == keys("en")


def test_a_text_that_was_read_to_patients_never_changes() -> None:
    now = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in texts()}
    assert now == NEVER_CHANGED


def test_whatever_is_asked_for_has_its_text_and_the_page_reads_the_newest() -> None:
    source = (WEB / "station" / "cases" / "consent.js").read_text(encoding="utf-8")
    for name in {name for scopes in TEXT_NAMES.values() for name in scopes.values()}:
        newest = max(int(path.stem.rpartition("-")[2]) for path in TEXTS.glob(f"{name}-*.json"))
        assert f'{name}: "{name}-{newest}"' in source


@pytest.mark.parametrize("language", ["fr", "bm", "en"])
def test_nobody_in_a_group_is_read_that_nobody_else_listens(language: str) -> None:
    """What is read aloud is true for what happens: with two, with a third, in a group."""
    words = {
        name: json.loads((TEXTS / f"{name}.json").read_text(encoding="utf-8"))[language]
        for name in ("teleconsultation-2", "group-1", "third_person-1")
    }
    alone = dict(words["teleconsultation-2"]["points"])["key"]
    others = {"fr": "sans qu’on vous le demande", "bm": "n’i ma ɲininka", "en": "unless you are asked"}
    assert others[language] in alone  # a third person may come, and is asked for
    for name in ("group-1", "third_person-1"):
        points = [text for _, text in words[name]["points"]]
        assert alone not in points
        assert words[name]["points"][0][0] == "people"
