"""What a station writes down when it opens a case, and what makes it fit to be kept.

Owns: the form as a typed value, and its rules. Pure. Must never let a name in where the site keeps none, or a
measurement that cannot be.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from server.cases.errors import CaseRefused
from server.cases.intake import redflags
from server.cases.intake.reasons import REASONS
from server.cases.intake.redflags import RedFlag
from server.cases.intake.vitals import (
    Sign,
    Verdict,
    contradict,
    judge,
)
from server.cases.vocabulary import AgeBand, Sex
from server.people.profile import Gender, Specialty, Spoken
from signaling.messages import REASON_MAX_CHARS, Identifier, Urgency

# A number of a register, "2026/0412", or an alias: one word. A name with its blanks may be longer.
REF_MAX_CHARS = 20
NAME_MAX_CHARS = 60


class Vital(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One vital sign as typed; ``confirmed``: it is unusual, and whoever measured looked again."""

    sign: Sign
    value: float
    unit: Annotated[str, msgspec.Meta(max_length=20)]
    confirmed: bool = False

    def __repr__(self) -> str:
        """Without the value, which is the patient's."""
        return f"<Vital {self.sign}>"


class Intake(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The form. Everything but the colour may stay empty: a life comes before its paper."""

    urgency: Urgency
    patient_ref: Annotated[str, msgspec.Meta(max_length=NAME_MAX_CHARS)] = ""
    age_band: AgeBand | None = None
    sex: Sex | None = None
    reason_code: Annotated[str, msgspec.Meta(max_length=40)] = ""
    reason_text: Annotated[str, msgspec.Meta(max_length=REASON_MAX_CHARS)] = ""
    red_flags: Annotated[list[RedFlag], msgspec.Meta(max_length=len(RedFlag))] = []
    vitals: Annotated[list[Vital], msgspec.Meta(max_length=len(Sign))] = []
    language: Spoken | None = None
    gender_wish: Gender | None = None
    mediator_wanted: bool = False
    specialty: Specialty | None = None
    previous_id: Identifier | None = None
    survivor_safe: bool = False
    # Whoever types it was asked: a case of this reference is open, and this is another one.
    although_open: bool = False

    def __repr__(self) -> str:
        """Without a word of it: all of it is the patient's."""
        return "<Intake>"


def check(form: Intake, *, names_allowed: bool) -> None:
    """Raises CaseRefused with the word that tells what to correct."""
    ref = form.patient_ref.strip()
    if not names_allowed and (len(ref) > REF_MAX_CHARS or len(ref.split()) > 1):
        raise CaseRefused("case_no_names")
    if form.reason_code and form.reason_code not in REASONS:
        raise CaseRefused("malformed")
    _check_vitals(form.vitals, in_hurry=urgency(form) is Urgency.RED)


def check_survivor_safe(form: Intake) -> None:
    """Raises CaseRefused for what could name a survivor: an alias is one word, and no number of a register."""
    ref = form.patient_ref.strip()
    if len(ref) > REF_MAX_CHARS or len(ref.split()) > 1 or any(char.isdigit() for char in ref):
        raise CaseRefused("case_alias_only")


def _check_vitals(vitals: list[Vital], *, in_hurry: bool) -> None:
    """Raises CaseRefused. ``in_hurry``: nobody measures twice while a life is in danger."""
    values = {vital.sign: vital.value for vital in vitals}
    if len(values) < len(vitals):
        raise CaseRefused("malformed")
    for vital in vitals:
        verdict = judge(vital.sign, vital.value, vital.unit)
        if verdict is Verdict.IMPOSSIBLE:
            raise CaseRefused("vital_impossible")
        if verdict is Verdict.UNUSUAL and not vital.confirmed and not in_hurry:
            raise CaseRefused("vital_unusual")
    if contradict(values.get(Sign.SYSTOLIC), values.get(Sign.DIASTOLIC)):
        raise CaseRefused("vital_pressures")


def urgency(form: Intake) -> Urgency:
    """The colour the case gets."""
    return redflags.urgency(form.urgency, form.red_flags)


def survivor_safe_specialty(form: Intake) -> str:
    """As below, but always one: a survivor-safe case is never everybody's to see."""
    return specialty(form) or Specialty.GENERAL.value


def specialty(form: Intake) -> str:
    """Who should answer: as chosen, else as the reason says; "" for anybody."""
    if form.specialty is not None:
        return form.specialty.value
    found = REASONS.get(form.reason_code)
    return found.specialty.value if found is not None and found.code != "other" else ""
