"""The lists that the pages carry say what the server says, word for word and number for number."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.async_api import Page

from server.cases.intake.reasons import REASONS
from server.cases.intake.redflags import GENERAL, OBSTETRIC
from server.cases.intake.vitals import MEASURES
from server.cases.vocabulary import GRAVE, AgeBand, Outcome, Service, Sex
from server.people.profile import Specialty, Spoken
from tests.web.pages import WEB

BROWSER = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
LANGUAGES = ("fr", "bm", "en")


@pytest.fixture(scope="module")
def catalogs() -> dict[str, dict[str, str]]:
    folder = WEB / "shared" / "base" / "i18n"
    return {
        language: json.loads((folder / f"cases.{language}.json").read_text("utf-8")) for language in LANGUAGES
    }


class TestLists:
    pytestmark = BROWSER

    async def test_pages_and_server_have_the_same_lists(self, pure: Page) -> None:
        lists: dict[str, Any] = await pure.evaluate(
            "async () => ({...await import('/web/shared/cases/caselists.js')})"
        )
        assert sorted(lists["REASONS"]) == sorted(REASONS)
        assert lists["OBSTETRIC_FLAGS"] == list(OBSTETRIC)
        assert lists["GENERAL_FLAGS"] == list(GENERAL)
        assert lists["AGES"] == list(AgeBand)
        assert lists["SEXES"] == list(Sex)
        assert lists["SPOKEN"] == list(Spoken)
        assert lists["SPECIALTIES"] == list(Specialty)
        assert lists["SERVICES"] == list(Service)
        assert lists["OUTCOMES"] == list(Outcome)
        assert set(lists["GRAVE"]) == GRAVE

    async def test_pages_refuse_the_measurements_that_the_server_refuses(self, pure: Page) -> None:
        found = await pure.evaluate("async () => (await import('/web/shared/cases/caselists.js')).MEASURES")
        assert found == {
            sign.value: [
                {
                    "unit": measure.unit,
                    "possible": list(measure.possible),
                    "usual": list(measure.usual),
                    "digits": measure.digits,
                }
                for measure in measures
            ]
            for sign, measures in MEASURES.items()
        }

    async def test_mothers_get_their_own_check_list(self, pure: Page) -> None:
        asked = [[code, "", ""] for code in REASONS] + [
            ["fever", "female", "adult"],
            ["fever", "male", "adult"],
        ]
        found = await pure.evaluate(
            "async (asked) => { const { isObstetric } = await import('/web/shared/cases/caselists.js');"
            " return asked.map((one) => isObstetric(...one)); }",
            asked,
        )
        assert found == [reason.obstetric for reason in REASONS.values()] + [True, False]


def test_the_sheet_speaks_three_languages_in_full(catalogs: dict[str, dict[str, str]]) -> None:
    keys = {language: set(words) for language, words in catalogs.items()}
    assert keys["fr"] == keys["bm"] == keys["en"]
    assert [key for words in catalogs.values() for key, text in words.items() if not text.strip()] == []


def test_every_code_that_a_case_can_hold_has_words(catalogs: dict[str, dict[str, str]]) -> None:
    needed = {f"reason.{code}" for code in REASONS}
    needed |= {f"redflag.{flag}" for flag in (*OBSTETRIC, *GENERAL)}
    needed |= {f"vital.{sign}" for sign in MEASURES}
    needed |= {f"age.{age}" for age in AgeBand} | {f"sex.{sex}" for sex in Sex}
    needed |= {f"outcome.{outcome}" for outcome in Outcome} | {f"recipient.{service}" for service in Service}
    assert needed - set(catalogs["bm"]) == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("months", "band"), [(11, "infant"), (12, "under_five"), (59, "under_five"), (60, "child")]
)
def test_a_child_is_placed_by_its_months(
    catalogs: dict[str, dict[str, str]], language: str, months: int, band: str
) -> None:
    """The number that a mother says stands in the band it belongs to, and in no other."""
    said = {age: set(re.findall(r"\d+", catalogs[language][f"age.{age}"])) for age in AgeBand}
    ages = {"infant", "under_five", "child"}
    assert {age for age in ages if str(months) in said[AgeBand(age)]} == {band}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_known_is_not_called_unimportant(
    catalogs: dict[str, dict[str, str]], language: str
) -> None:
    words = catalogs[language]
    assert words["case.any"] not in {words["case.unsaid"], words["age.unknown"], words["sex.unknown"]}
    form = (WEB / "station" / "cases" / "caseform.js").read_text(encoding="utf-8")
    assert re.findall(r'choice\("(?:age_band|sex)",[^)]*"(case\.\w+)"\)', form) == ["case.unsaid"] * 2
