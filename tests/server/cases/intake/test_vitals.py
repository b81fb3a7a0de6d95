"""Which measurements are usual, which need confirmation, and which are refused."""

from __future__ import annotations

import math

import pytest

from server.cases.intake.vitals import (
    MEASURES,
    Sign,
    Verdict,
    contradict,
    judge,
)


@pytest.mark.parametrize(
    ("sign", "value", "unit", "verdict"),
    [
        (Sign.TEMPERATURE, 37.2, "Cel", Verdict.FINE),
        (Sign.TEMPERATURE, 40.1, "Cel", Verdict.UNUSUAL),
        (Sign.TEMPERATURE, 372, "Cel", Verdict.IMPOSSIBLE),  # the point was forgotten
        (Sign.TEMPERATURE, 98.6, "Cel", Verdict.IMPOSSIBLE),  # Fahrenheit
        (Sign.SPO2, 101, "%", Verdict.IMPOSSIBLE),
        (Sign.SPO2, 85, "%", Verdict.UNUSUAL),
        (Sign.GLUCOSE, 1.0, "g/L", Verdict.FINE),
        (Sign.GLUCOSE, 1.0, "mmol/L", Verdict.UNUSUAL),  # the other unit was meant
        (Sign.GLUCOSE, 100, "mg/dL", Verdict.IMPOSSIBLE),
        (Sign.MUAC, 11.5, "mm", Verdict.IMPOSSIBLE),  # centimetres
        (Sign.MUAC, 115, "mm", Verdict.UNUSUAL),
        (Sign.WEIGHT, math.nan, "kg", Verdict.IMPOSSIBLE),
        (Sign.WEIGHT, math.inf, "kg", Verdict.IMPOSSIBLE),
    ],
)
def test_a_typing_error_is_distinguished_from_a_sick_patient(
    sign: Sign, value: float, unit: str, verdict: Verdict
) -> None:
    assert judge(sign, value, unit) is verdict


def test_every_usual_range_lies_within_the_possible_one() -> None:
    assert set(MEASURES) == set(Sign)
    for measures in MEASURES.values():
        for measure in measures:
            low, high = measure.possible
            assert low <= measure.usual[0] < measure.usual[1] <= high


def test_swapped_blood_pressures_are_noticed() -> None:
    assert contradict(80, 120)
    assert not contradict(120, 80)
    assert not contradict(None, 80)
