"""Vital signs: what is measured, in which unit, and what cannot be.

Owns: the table of signs with their UCUM units and two ranges: outside the *possible* one a value is a slip of the
finger and refused; outside the *usual* one somebody is asked to look again. Pure. Must never judge a patient:
the usual range holds for all ages at once, and is there to catch wrong keys, not to make a diagnosis.

Ranges: the possible ones are what living people have been measured with; the usual ones are where the triage
charts of WHO's Basic Emergency Care (2018) have no sign of danger at any age, a newborn's fast pulse included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Sign(StrEnum):
    """What is measured; its words are in the catalogs under ``vital.``."""

    TEMPERATURE = "temperature"
    PULSE = "pulse"
    RESPIRATION = "respiration"
    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    SPO2 = "spo2"
    WEIGHT = "weight"
    GLUCOSE = "glucose"
    MUAC = "muac"  # mid-upper arm circumference
    HAEMOGLOBIN = "haemoglobin"


@dataclass(frozen=True, slots=True)
class Measure:
    """One unit of a sign. Bounds are inclusive; ``digits`` after the point are more than any device shows."""

    unit: str
    possible: tuple[float, float]
    usual: tuple[float, float]
    digits: int = 0


MEASURES: Mapping[Sign, tuple[Measure, ...]] = {
    # 13.7 was survived; meters of a health post show 32 to 43.
    Sign.TEMPERATURE: (Measure("Cel", (25, 45), (35.5, 39), 1),),
    Sign.PULSE: (Measure("/min", (20, 300), (50, 160)),),
    Sign.RESPIRATION: (Measure("/min", (4, 120), (10, 60)),),
    Sign.SYSTOLIC: (Measure("mm[Hg]", (40, 300), (90, 160)),),
    Sign.DIASTOLIC: (Measure("mm[Hg]", (20, 200), (50, 100)),),
    Sign.SPO2: (Measure("%", (40, 100), (92, 100)),),
    # From a newborn of 22 weeks on.
    Sign.WEIGHT: (Measure("kg", (0.4, 300), (2, 120), 2),),
    # Meters of a health post stop at 33.3 mmol/L; 1 g/L is 5.55 mmol/L.
    Sign.GLUCOSE: (Measure("mmol/L", (0.5, 60), (3.9, 11.1), 1), Measure("g/L", (0.1, 11), (0.7, 2), 2)),
    # WHO: under 115 mm is severe acute malnutrition, under 125 moderate (6 to 59 months).
    Sign.MUAC: (Measure("mm", (60, 600), (125, 400)),),
    Sign.HAEMOGLOBIN: (Measure("g/dL", (1, 25), (8, 18), 1),),
}


class Verdict(StrEnum):
    """What a value is."""

    FINE = "fine"
    UNUSUAL = "unusual"
    IMPOSSIBLE = "impossible"


def measure(sign: Sign, unit: str) -> Measure | None:
    """How this sign is measured in this unit; None: not in this unit."""
    return next((found for found in MEASURES[sign] if found.unit == unit), None)


def judge(sign: Sign, value: float, unit: str) -> Verdict:
    """What to do with one value; one that is in no unit of its sign, or no number, is impossible."""
    found = measure(sign, unit)
    if found is None or not found.possible[0] <= value <= found.possible[1]:
        return Verdict.IMPOSSIBLE
    return Verdict.FINE if found.usual[0] <= value <= found.usual[1] else Verdict.UNUSUAL


def contradict(systolic: float | None, diastolic: float | None) -> bool:
    """Whether the two pressures cannot be of one measurement: they were typed the wrong way round."""
    return systolic is not None and diastolic is not None and diastolic >= systolic
