"""The case that a referral opens for whoever answers it here.

Owns: what goes along with a patient, and which open cases rest on the agreement to a recipient. Must never carry
more than the letter to a service that is no clinic: a lawyer learns what the letter says, not what brought the
patient to a doctor.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.circle.agreements import was_handed_over
from server.cases.kinds import is_discreet
from server.cases.tables import CaseFile, Referral
from server.cases.vocabulary import Kind
from server.people.profile import Specialty
from server.platform.redacted import Redacted
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


async def resting_on(db: AsyncSession, case_id: str, recipient: str) -> list[str]:
    """The cases that the agreement to this recipient holds: those sent on, and a survivor-safe one handed over."""
    sent = select(Referral.new_case_id).where(
        Referral.case_id == case_id, Referral.recipient == recipient, Referral.new_case_id.is_not(None)
    )
    found = [case for case in await db.scalars(sent) if case is not None]
    case = await db.get(CaseFile, case_id)
    rests_itself = case is not None and is_discreet(case.kind) and case.specialty == recipient
    if rests_itself and await was_handed_over(db, case_id):
        found.append(case_id)
    return found
