"""The case that a referral opens for whoever answers it here.

Owns: what goes along with a patient. Must never carry more than the letter to a service that is no clinic: a lawyer
learns what the letter says, not what brought the patient to a doctor.
"""

from __future__ import annotations

from server.auth.profile import Specialty
from server.cases.vocabulary import Kind
from server.db.models import CaseFile, Referral
from server.redacted import Redacted
from signaling.messages import Urgency
from signaling.routing import APART


def new_case(
    of: CaseFile, case_id: str, specialty: Specialty, referral: Referral, kind: Kind = Kind.ORDINARY
) -> CaseFile:
    """A case at the same station, with the letter as its reason. It is not linked back: the letter is the link.

    An alias goes along into a survivor-safe case, but no number and no name of an ordinary one.
    """
    apart = specialty.value in APART
    return CaseFile(
        id=case_id,
        station_id=of.station_id,
        kind=kind.value,
        opened_at=referral.written_at,
        patient_ref=of.patient_ref if of.kind == kind.value else Redacted(""),
        age_band=of.age_band,
        sex=of.sex,
        reason_code="" if apart else of.reason_code,
        reason_text=referral.letter,
        red_flags="",
        urgency=Urgency.GREEN.value if apart else of.urgency,
        language=of.language,
        gender_wish=of.gender_wish,
        mediator_wanted=of.mediator_wanted,
        specialty=specialty.value,
    )
