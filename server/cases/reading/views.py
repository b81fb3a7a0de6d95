"""A case as its participants see it, by the part they have in it.

Owns: the shape of what leaves the server, and who sees which of it. Must never give a mediator or a coordinator
anything a patient said or a clinician wrote. None of these shows itself in a log: their repr has no content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from server.cases.access import READS_NOTES, Part
from server.cases.intake.reasons import REASONS
from server.cases.tables import CaseFile, CaseNote, CaseOutcome, CasePhoto, Referral, VitalSign


class Private(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is about a patient."""

    def __repr__(self) -> str:
        """The kind only."""
        return f"<{type(self).__name__}>"


class VitalView(Private, frozen=True, kw_only=True):
    """One vital sign; ``unit`` is a UCUM code."""

    sign: str
    value: float
    unit: str
    confirmed: bool


class PhotoView(Private, frozen=True, kw_only=True):
    """One photo; the picture is fetched by its id."""

    id: str
    stored: bool


class NoteView(Private, frozen=True, kw_only=True):
    """What a clinician wrote; ``note`` is None for those who are none."""

    clinician: str
    answer: str
    advice: str
    note: str | None
    written_at: float


class ReferralView(Private, frozen=True, kw_only=True):
    """A referral."""

    id: str
    recipient: str
    letter: str
    written_at: float
    new_case_id: str | None


class OutcomeView(Private, frozen=True, kw_only=True):
    """What became of the patient."""

    outcome: str
    words: str
    reported_at: float


class CaseView(Private, frozen=True, kw_only=True):
    """The whole of a case; ``part`` is that of the reader, ``state`` that of its consultation, or "open"."""

    id: str
    part: str
    kind: str
    state: str
    opened_at: float
    site: str
    station: str
    patient_ref: str
    age_band: str
    sex: str
    reason_code: str
    icd11: str
    reason_text: str
    red_flags: list[str]
    urgency: str
    language: str
    gender_wish: str
    mediator_wanted: bool
    specialty: str
    clinician: str
    previous_id: str | None
    vitals: list[VitalView]
    photos: list[PhotoView]
    notes: list[NoteView]
    referrals: list[ReferralView]
    outcomes: list[OutcomeView]


class CaseLine(Private, frozen=True, kw_only=True):
    """One case in a list. A clinician sees no reference: a list is read over shoulders."""

    id: str
    opened_at: float
    state: str
    urgency: str
    reason_code: str
    patient_ref: str
    site: str
    answered: bool
    outcome: str
    outcome_at: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands, in words of no patient."""

    site: str
    station: str
    state: str
    clinician: str


@dataclass(frozen=True, slots=True)
class Leaves:
    """Everything that hangs on a case."""

    vitals: Sequence[VitalSign] = ()
    photos: Sequence[CasePhoto] = ()
    notes: Sequence[tuple[CaseNote, str]] = ()
    referrals: Sequence[Referral] = ()
    outcomes: Sequence[CaseOutcome] = field(default=())


def case_view(case: CaseFile, part: Part, place: Place, leaves: Leaves) -> CaseView:
    """A case for one who has a clinical part in it."""
    reason = REASONS.get(case.reason_code)
    return CaseView(
        id=case.id,
        part=part.value,
        kind=case.kind,
        state=place.state,
        opened_at=case.opened_at,
        site=place.site,
        station=place.station,
        patient_ref=case.patient_ref.reveal(),
        age_band=case.age_band,
        sex=case.sex,
        reason_code=case.reason_code,
        icd11=reason.icd11 if reason else "",
        reason_text=case.reason_text.reveal(),
        red_flags=case.red_flags.split(",") if case.red_flags else [],
        urgency=case.urgency,
        language=case.language,
        gender_wish=case.gender_wish,
        mediator_wanted=case.mediator_wanted,
        specialty=case.specialty,
        clinician=place.clinician,
        previous_id=case.previous_id,
        vitals=[_vital(vital) for vital in leaves.vitals],
        photos=[PhotoView(id=p.id, stored=p.stored_at is not None) for p in leaves.photos],
        notes=[_note(note, name, part) for note, name in leaves.notes],
        referrals=[_referral(referral, part) for referral in leaves.referrals],
        outcomes=[
            OutcomeView(outcome=o.outcome, words=o.words.reveal(), reported_at=o.reported_at)
            for o in leaves.outcomes
        ],
    )


def neutral(view: CaseView) -> CaseView:
    """A survivor-safe case on paper, and before it is taken: nothing that tells why, or who, or where to next.

    A sheet is found in a bag; a queue is read over shoulders.
    """
    return msgspec.structs.replace(
        view,
        patient_ref="",
        reason_code="",
        icd11="",
        reason_text="",
        red_flags=[],
        specialty="",
        clinician="",
        photos=[],
        notes=[msgspec.structs.replace(note, clinician="", note=None) for note in view.notes],
        referrals=[],
    )


def _vital(row: VitalSign) -> VitalView:
    return VitalView(sign=row.kind, value=row.value, unit=row.unit, confirmed=row.confirmed)


def _referral(row: Referral, part: Part) -> ReferralView:
    return ReferralView(
        id=row.id,
        recipient=row.recipient,
        letter=row.letter.reveal(),
        written_at=row.written_at,
        new_case_id=row.new_case_id if part is Part.OPENER else None,
    )


def _note(note: CaseNote, name: str, part: Part) -> NoteView:
    return NoteView(
        clinician=name,
        answer=note.answer.reveal(),
        advice=note.advice.reveal(),
        note=note.note.reveal() if part in READS_NOTES else None,
        written_at=note.written_at,
    )
