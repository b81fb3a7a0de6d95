"""Everything that is held on one case, gathered for the patient whose case it is.

Owns: the shape of the file for machines (JSON, format ``keneya-case``). Must never leave out what is held, such as
a note that a clinician wrote for clinicians: it is about the patient. The trail tells who read, by role and name.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.access import Part
from server.cases.reading.leaves import leaves_of, place_of
from server.cases.reading.views import CaseView, Private, case_view
from server.cases.tables import CaseFile, CaseParticipant
from server.consents.store import Consents
from server.people.tables import Account
from server.trail.tables import AuditEntry

FORMAT, VERSION = "keneya-case", 1


class AgreementView(Private, frozen=True, kw_only=True):
    """One answer of the patient, with who gave it and who explained."""

    scope: str
    recipient: str | None
    given: bool
    language: str
    text_id: str
    how: str
    giver: str
    giver_name: str
    explained_by: str
    recorded_at: float
    withdrawn_at: float | None


class PersonView(Private, frozen=True, kw_only=True):
    """Who was let into the case, from when until when."""

    name: str
    role: str
    since: float
    until: float | None


class ActView(Private, frozen=True, kw_only=True):
    """One entry of the trail about the case."""

    at: float
    act: str
    role: str
    name: str


class OwnCopy(Private, frozen=True, kw_only=True):
    """The whole; ``photos`` holds each picture by its id, as base64 of the JPEG."""

    format: str = FORMAT
    version: int = VERSION
    made_at: float
    case: CaseView
    agreements: list[AgreementView]
    people: list[PersonView]
    acts: list[ActView]
    photos: dict[str, str]


async def gather(db: AsyncSession, case: CaseFile, consents: Consents, now: float) -> OwnCopy:
    """Everything but the pictures, which are files."""
    view = case_view(case, Part.CLINICIAN, await place_of(db, case), await leaves_of(db, case.id))
    people = await db.execute(
        select(CaseParticipant, Account.name)
        .join(Account, Account.id == CaseParticipant.account_id)
        .where(CaseParticipant.case_id == case.id)
        .order_by(CaseParticipant.since)
    )
    acts = await db.execute(
        select(AuditEntry, Account.name)
        .outerjoin(Account, Account.id == AuditEntry.actor_id)
        .where(AuditEntry.consultation_id == case.id)
        .order_by(AuditEntry.sequence)
    )
    return OwnCopy(
        made_at=now,
        case=view,
        agreements=[
            AgreementView(
                scope=one.answer.scope.value,
                recipient=one.answer.recipient,
                given=one.answer.given,
                language=one.answer.language,
                text_id=one.answer.text_id,
                how=one.answer.how.value,
                giver=one.answer.giver.value,
                giver_name=one.answer.giver_name.reveal() if one.answer.giver_name else "",
                explained_by=one.answer.explained_by.reveal(),
                recorded_at=one.recorded_at,
                withdrawn_at=one.withdrawn_at,
            )
            for one in await consents.of(db, case.id)
        ],
        people=[
            PersonView(name=name, role=row.role, since=row.since, until=row.ended_at) for row, name in people
        ],
        acts=[
            ActView(at=row.at_ms / 1000, act=row.act, role=row.actor_role, name=name or "")
            for row, name in acts
        ],
        photos={},
    )


def with_photos(copy: OwnCopy, pictures: Mapping[str, bytes]) -> OwnCopy:
    """The same with its pictures, by their ids."""
    encoded = {photo_id: base64.b64encode(picture).decode() for photo_id, picture in pictures.items()}
    return msgspec.structs.replace(copy, photos=encoded)


def stored(copy: OwnCopy) -> Sequence[str]:
    """The ids of the photos whose picture is there."""
    return [photo.id for photo in copy.case.photos if photo.stored]
