"""What a hand types for a measurement is understood as it is meant, asked about, or said not to be understood."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ALL = """async (typed) => {
    const { understand } = await import('/web/shared/cases/measured.js');
    return typed.map(([sign, text, unit, settled]) => understand(sign, text, unit ?? '', settled ?? false));
}"""
PAIRS = """async (typed) => {
    const { understandPressure } = await import('/web/shared/cases/measured.js');
    return typed.map(([high, low]) => understandPressure(high, low));
}"""


async def understood(pure: Page, *typed: tuple[Any, ...]) -> list[tuple[str, list[tuple[float, str]]]]:
    """Verdict, and what was understood."""
    found = await pure.evaluate(ALL, [list(one) for one in typed])
    return [(one["verdict"], [(m["value"], m["unit"]) for m in one["means"]]) for one in found]


async def asked(pure: Page, *typed: tuple[Any, ...]) -> list[tuple[str, list[list[tuple[float, str]]]]]:
    """Verdict, and what is asked."""
    found = await pure.evaluate(ALL, [list(one) for one in typed])
    return [
        (one["verdict"], [[(m["value"], m["unit"]) for m in ask] for ask in one["asks"]]) for one in found
    ]


async def test_notations_of_programs_are_no_numbers(pure: Page) -> None:
    typed = (
        "0x26",
        "3,85e1",
        "3.85E1",
        "0b101",
        "-38",
        "38-39",
        "1.234,5",
        "38,5,1",
        "∞",
        "trente-huit",
        "½",
    )
    found = await understood(pure, *(("temperature", text) for text in typed))
    assert found == [("unread", [])] * len(typed)


async def test_a_number_may_come_with_its_unit(pure: Page) -> None:
    found = await understood(
        pure,
        ("temperature", "38,5 °C"),
        ("temperature", " 38.5°c "),
        ("temperature", "38º5"),
        ("temperature", "38,5 ℃"),
        ("systolic", "120 mmHg"),
        ("systolic", "12 cmHg"),
        ("spo2", "98%"),
        ("spo2", "98 pour cent"),
        ("pulse", "88 /min"),
        ("pulse", "88 bpm"),
        ("respiration", "22 cycles/mn"),
        ("weight", "3 200 g"),
        ("weight", "3,2 kg"),
        ("glucose", "110 mg/dL"),
        ("glucose", "5,5 mmol/l"),
        ("muac", "13,5 cm"),
        ("haemoglobin", "120 g/L"),
    )
    values = [means for _, means in found]
    assert {verdict for verdict, _ in found} == {"fine"}
    assert values == [
        [(38.5, "Cel")], [(38.5, "Cel")], [(38.5, "Cel")], [(38.5, "Cel")],
        [(120, "mm[Hg]")], [(120, "mm[Hg]")], [(98, "%")], [(98, "%")],
        [(88, "/min")], [(88, "/min")], [(22, "/min")], [(3.2, "kg")], [(3.2, "kg")],
        [(1.1, "g/L")], [(5.5, "mmol/L")], [(135, "mm")], [(12, "g/dL")],
    ]  # fmt: skip


async def test_a_unit_of_something_else_is_not_understood(pure: Page) -> None:
    found = await understood(
        pure, ("temperature", "101 °F"), ("pulse", "88 %"), ("spo2", "98 mmHg"), ("weight", "12 lb")
    )
    assert found == [("unread", [])] * 4


async def test_digits_of_every_script_are_digits(pure: Page) -> None:
    typed = ("٣٨٫٥", "۳۸٫۵", "߃߈,߅", "３８．５", "३८.५", "𝟑𝟖,𝟓")
    found = await understood(pure, *(("temperature", text) for text in typed))
    assert found == [("fine", [(38.5, "Cel")])] * len(typed)


async def test_what_is_mostly_a_slip_is_asked_about(pure: Page) -> None:
    assert await asked(
        pure,
        ("temperature", "385"),
        ("haemoglobin", "120"),
        ("weight", "3200"),
        ("muac", "12,5"),
        ("pulse", "1700"),
    ) == [
        ("meant", [[(38.5, "Cel")]]),
        ("meant", [[(12, "g/dL")]]),
        ("meant", [[(3.2, "kg")]]),
        ("meant", [[(125, "mm")]]),
        ("impossible", []),
    ]


async def test_glucose_begins_without_a_unit_and_asks_for_it_where_two_are_possible(pure: Page) -> None:
    assert await asked(pure, ("glucose", "1,1"), ("glucose", "5,5")) == [
        ("unit", [[(1.1, "mmol/L")], [(1.1, "g/L")]]),
        ("unit", [[(5.5, "mmol/L")], [(5.5, "g/L")]]),
    ]
    assert await understood(pure, ("glucose", "15"), ("glucose", "0,3")) == [
        ("unusual", [(15, "mmol/L")]),
        ("unusual", [(0.3, "g/L")]),
    ]


async def test_a_unit_is_asked_where_the_number_is_usual_in_the_other_and_dangerous_in_this(
    pure: Page,
) -> None:
    found = await asked(pure, ("glucose", "1,1", "mmol/L"), ("glucose", "5,5", "g/L"))
    assert [verdict for verdict, _ in found] == ["unit", "unit"]
    assert await understood(
        pure,
        ("glucose", "5,5", "mmol/L"),
        ("glucose", "1,1", "g/L"),
        ("glucose", "5,5", "g/L", True),  # asked, and chosen
        ("glucose", "20", "mmol/L"),  # dangerous, and in no unit usual
    ) == [
        ("fine", [(5.5, "mmol/L")]),
        ("fine", [(1.1, "g/L")]),
        ("unusual", [(5.5, "g/L")]),
        ("unusual", [(20, "mmol/L")]),
    ]


@pytest.mark.parametrize(
    ("high", "low"), [("12/8", ""), ("12", "8"), ("12 / 8", ""), ("12 sur 8", ""), ("١٢/٨", "")]
)
async def test_pressures_in_centimetres_are_asked_about_together(pure: Page, high: str, low: str) -> None:
    (found,) = await pure.evaluate(PAIRS, [[high, low]])
    assert found["systolic"]["verdict"] == "meant"
    assert found["systolic"]["asks"] == [
        [
            {"sign": "systolic", "value": 120, "unit": "mm[Hg]"},
            {"sign": "diastolic", "value": 80, "unit": "mm[Hg]"},
        ]
    ]
    assert found["diastolic"]["asks"] == []


async def test_both_pressures_may_be_typed_at_once(pure: Page) -> None:
    found = await pure.evaluate(PAIRS, [["120/80", ""], ["120/80 mmHg", ""], ["12/8 cmHg", ""]])
    for one in found:
        assert [(m["sign"], m["value"]) for m in one["systolic"]["means"]] == [
            ("systolic", 120),
            ("diastolic", 80),
        ]


async def test_pressures_the_wrong_way_round_are_asked_about(pure: Page) -> None:
    (found,) = await pure.evaluate(PAIRS, [["80", "120"]])
    assert [(m["sign"], m["value"]) for m in found["systolic"]["asks"][0]] == [
        ("systolic", 120),
        ("diastolic", 80),
    ]


async def test_a_single_pressure_in_centimetres_is_asked_about_alone(pure: Page) -> None:
    (found,) = await pure.evaluate(PAIRS, [["12", ""]])
    assert [[(m["sign"], m["value"]) for m in ask] for ask in found["systolic"]["asks"]] == [
        [("systolic", 120)]
    ]
    assert found["diastolic"]["verdict"] == "empty"


FIELDS = """async () => {
    const { startLanguage, alsoSay } = await import('/web/shared/base/i18n.js');
    await startLanguage();
    await alsoSay('cases');
    const { VitalFields } = await import('/web/station/cases/vitalfields.js');
    globalThis.colour = 'green';
    globalThis.vitals = new VitalFields(() => colour);
    document.body.replaceChildren(vitals.element);
}"""


class TestFields:
    @pytest_asyncio.fixture(autouse=True, loop_scope="module")
    async def fields(self, pure: Page) -> None:
        await pure.evaluate(FIELDS)

    async def type(self, pure: Page, sign: str, text: str) -> None:
        await pure.fill(f"[name='vital.{sign}']", text)
        await pure.press(f"[name='vital.{sign}']", "Tab")

    async def box(self, pure: Page, sign: str) -> str:
        return await pure.locator(f".vital:has([name='vital.{sign}'])").inner_text()

    async def sent(self, pure: Page) -> Any:
        return await pure.evaluate("vitals.read()")

    async def test_what_was_understood_is_shown(self, pure: Page) -> None:
        await self.type(pure, "temperature", "38,5 °C")
        assert "Compris\u00a0: 38,5 °C" in await self.box(pure, "temperature")
        assert (await self.sent(pure))["vitals"] == [
            {"sign": "temperature", "value": 38.5, "unit": "Cel", "confirmed": False}
        ]

    async def test_what_is_not_understood_says_why_and_is_not_sent(self, pure: Page) -> None:
        await self.type(pure, "temperature", "0x26")
        assert "en chiffres" in await self.box(pure, "temperature")
        found = await self.sent(pure)
        assert found["vitals"] == []
        assert "pas comprise" in found["problem"]

    async def test_one_press_answers_for_both_pressures(self, pure: Page) -> None:
        await self.type(pure, "systolic", "12")
        await self.type(pure, "diastolic", "8")
        await pure.click("text=120/80 mmHg")
        assert [(one["sign"], one["value"]) for one in (await self.sent(pure))["vitals"]] == [
            ("systolic", 120),
            ("diastolic", 80),
        ]

    async def test_glucose_has_no_unit_until_somebody_says_it(self, pure: Page) -> None:
        assert await pure.input_value("[name='unit.glucose']") == ""
        await self.type(pure, "glucose", "1,1")
        assert "unité" in (await self.sent(pure))["problem"]
        await pure.click("text=1,1 g/L")
        assert [(one["value"], one["unit"]) for one in (await self.sent(pure))["vitals"]] == [(1.1, "g/L")]

    async def test_a_unit_that_is_chosen_after_the_number_is_not_asked_for_again(self, pure: Page) -> None:
        await self.type(pure, "glucose", "5,5")
        await pure.select_option("[name='unit.glucose']", "g/L")
        await pure.check("[name=sure]")
        assert [(one["value"], one["unit"]) for one in (await self.sent(pure))["vitals"]] == [(5.5, "g/L")]

    async def test_a_very_urgent_case_takes_along_what_nobody_has_settled(self, pure: Page) -> None:
        await self.type(pure, "temperature", "0x26")
        await self.type(pure, "glucose", "5,5")
        await self.type(pure, "systolic", "60")
        await self.type(pure, "diastolic", "90")
        await self.type(pure, "pulse", "170")
        assert (await self.sent(pure))["problem"]
        await pure.evaluate("colour = 'red'")
        found = await self.sent(pure)
        assert found["problem"] == ""
        assert [(one["sign"], one["value"]) for one in found["vitals"]] == [("pulse", 170)]
        assert found["words"] == [
            "Température\u00a0: «\u00a00x26\u00a0»",
            "Tension maximale\u00a0: «\u00a060\u00a0»",
            "Tension minimale\u00a0: «\u00a090\u00a0»",
            "Sucre dans le sang\u00a0: «\u00a05,5\u00a0»",
        ]
