"""What a station may write into a case, and to whom the case is offered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.cases.errors import CaseRefused
from server.cases.intake import form as intake
from server.cases.intake.form import Intake
from server.cases.intake.reasons import REASONS
from server.cases.intake.redflags import GENERAL, OBSTETRIC, RedFlag
from signaling.messages import Urgency

ROOT = Path(__file__).resolve().parents[4]


def form(**fields: Any) -> Intake:
    return msgspec.convert({"urgency": "green"} | fields, Intake)


def refusal(typed: Intake, *, names_allowed: bool = False) -> str:
    with pytest.raises(CaseRefused) as refused:
        intake.check(typed, names_allowed=names_allowed)
    return refused.value.code


def test_only_the_colour_is_required() -> None:
    intake.check(form(), names_allowed=False)


def test_a_name_is_refused_where_the_site_keeps_none() -> None:
    assert refusal(form(patient_ref="Awa Diarra")) == "case_no_names"
    assert refusal(form(patient_ref="x" * 21)) == "case_no_names"
    for reference in ("2025/0412", "Étoile", " 17 "):
        intake.check(form(patient_ref=reference), names_allowed=False)
    intake.check(form(patient_ref="Awa Diarra"), names_allowed=True)


def test_an_impossible_measurement_is_refused_and_an_unusual_one_must_be_confirmed() -> None:
    def vitals(**fields: Any) -> Intake:
        return form(vitals=[{"sign": "temperature", "value": 37, "unit": "Cel"} | fields])

    assert refusal(vitals(value=372)) == "vital_impossible"
    assert refusal(vitals(value=40.5)) == "vital_unusual"
    intake.check(vitals(value=40.5, confirmed=True), names_allowed=False)
    # A confirmation does not make an impossible value acceptable.
    assert refusal(vitals(value=372, confirmed=True)) == "vital_impossible"
    both = [
        {"sign": "systolic", "value": 95, "unit": "mm[Hg]"},
        {"sign": "diastolic", "value": 100, "unit": "mm[Hg]"},
    ]
    assert refusal(form(vitals=both)) == "vital_pressures"
    assert refusal(form(vitals=[both[0], both[0]])) == "malformed"


SHOCK = [
    {"sign": "pulse", "value": 170, "unit": "/min"},
    {"sign": "systolic", "value": 80, "unit": "mm[Hg]"},
    {"sign": "diastolic", "value": 40, "unit": "mm[Hg]"},
    {"sign": "spo2", "value": 91, "unit": "%"},
    {"sign": "haemoglobin", "value": 6.5, "unit": "g/dL"},
]


def test_unusual_values_never_hold_up_a_very_urgent_case() -> None:
    assert refusal(form(vitals=SHOCK)) == "vital_unusual"
    intake.check(form(vitals=SHOCK, urgency="red"), names_allowed=False)
    intake.check(form(vitals=SHOCK, red_flags=["unconscious"]), names_allowed=False)
    # A slip of the finger is still one.
    wrong = [{"sign": "temperature", "value": 372, "unit": "Cel"}]
    assert refusal(form(vitals=wrong, urgency="red")) == "vital_impossible"


@pytest.mark.parametrize("flag", RedFlag)
@pytest.mark.parametrize("chosen", Urgency)
def test_any_danger_sign_makes_the_case_red(flag: RedFlag, chosen: Urgency) -> None:
    assert intake.urgency(form(urgency=chosen.value, red_flags=[flag.value])) is Urgency.RED
    assert intake.urgency(form(urgency=chosen.value)) is chosen


def test_every_danger_sign_is_on_a_check_list() -> None:
    assert set(OBSTETRIC) | set(GENERAL) == set(RedFlag)


def test_the_reason_says_who_answers_unless_somebody_was_chosen() -> None:
    assert intake.specialty(form(reason_code="postpartum_bleeding")) == "obstetrics"
    assert intake.specialty(form(reason_code="postpartum_bleeding", specialty="surgery")) == "surgery"
    assert intake.specialty(form(reason_code="other")) == ""
    assert intake.specialty(form()) == ""
    assert refusal(form(reason_code="plague_of_frogs")) == "malformed"


def test_the_forms_repr_hides_its_content() -> None:
    typed = form(patient_ref="412", reason_text="saigne", vitals=[{"sign": "spo2", "value": 88, "unit": "%"}])
    assert repr(typed) == "<Intake>"
    assert "88" not in repr(typed.vitals)


def test_codes_are_unique_and_look_like_icd_11() -> None:
    codes = [reason.icd11 for reason in REASONS.values() if reason.icd11]
    assert len(codes) == len(set(codes))
    assert 40 <= len(REASONS) <= 50
    for code in codes:
        stem, _, rest = code.partition(".")
        assert len(stem) == 4
        assert stem[1].isalpha()  # the second character of every ICD-11 stem code is a letter
        assert len(rest) <= 2


def test_each_code_is_in_the_record_of_its_verification() -> None:
    record = (ROOT / "docs" / "icd11.md").read_text(encoding="utf-8")
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in record.splitlines()]
    rows = [
        (cells[0].strip("`"), *cells[2:]) for cells in lines if len(cells) == 5 and cells[0].startswith("`")
    ]
    assert {reason: code for reason, code, _, _ in rows} == {one.code: one.icd11 for one in REASONS.values()}
    marks = set(re.findall(r"^\| (W\d|S|–) \| ", record, re.MULTILINE))
    assert {mark for _, code, _, mark in rows if code} == marks  # each mark is explained, and each is used
    assert [reason for reason, code, title, _ in rows if bool(code) == (title == "no code")] == []
