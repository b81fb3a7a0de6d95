"""What holds an intake up: one confirmation for all that is unusual, and nothing where a life is in danger."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

RUN = """async ([name, ...given]) => (await import('/web/shared/cases/triage.js'))[name](...given)"""


async def said(pure: Page, name: str, *given: Any) -> Any:
    return await pure.evaluate(RUN, [name, *given])


@pytest.mark.parametrize("chosen", ["red", "orange", "green"])
async def test_a_danger_sign_shows_the_colour_that_the_case_gets(pure: Page, chosen: str) -> None:
    assert await said(pure, "colourOf", chosen, ["unconscious"]) == "red"
    assert await said(pure, "colourOf", chosen, []) == chosen


async def test_five_values_of_shock_ask_one_confirmation_and_are_quiet_after_it(pure: Page) -> None:
    shock = ["unusual"] * 5 + ["fine", "empty"]
    unsure = {"asked": True, "warns": True, "holds": True}
    assert await said(pure, "confirmation", "green", shock, False) == unsure
    sure = {"asked": True, "warns": False, "holds": False}
    assert await said(pure, "confirmation", "green", shock, True) == sure
    assert await said(pure, "confirmation", "orange", ["fine"], False) == {
        "asked": False,
        "warns": False,
        "holds": False,
    }


async def test_the_two_pressures_are_shown_as_one(pure: Page) -> None:
    run = """async (vitals) => (await import('/web/shared/cases/casesheet.js')).vitalTexts(vitals, (key) => key)"""
    high = {"sign": "systolic", "value": 80, "unit": "mm[Hg]", "confirmed": True}
    low = {"sign": "diastolic", "value": 40, "unit": "mm[Hg]", "confirmed": True}
    pulse = {"sign": "pulse", "value": 170, "unit": "/min", "confirmed": True}
    assert await pure.evaluate(run, [pulse, high, low]) == [
        "vital.pulse 170 /min",
        "vital.pressure 80/40 mmHg",
    ]
    assert await pure.evaluate(run, [high]) == ["vital.systolic 80 mmHg"]
    assert await pure.evaluate(run, [low, pulse]) == ["vital.diastolic 40 mmHg", "vital.pulse 170 /min"]


async def test_a_very_urgent_case_waits_for_no_confirmation(pure: Page) -> None:
    found = await said(pure, "confirmation", "red", ["unusual"], False)
    assert found == {"asked": True, "warns": True, "holds": False}


NOT_SETTLED = ["impossible", "unread", "unit", "meant", "swapped"]


@pytest.mark.parametrize("verdict", NOT_SETTLED)
async def test_a_very_urgent_case_waits_for_no_measurement_to_be_settled(pure: Page, verdict: str) -> None:
    assert await said(pure, "goesAsTyped", "red", verdict)
    assert not await said(pure, "goesAsTyped", "orange", verdict)


@pytest.mark.parametrize("verdict", ["empty", "fine", "unusual"])
async def test_what_is_understood_goes_as_a_measurement(pure: Page, verdict: str) -> None:
    assert not await said(pure, "goesAsTyped", "red", verdict)
