"""Who was let into a case, on which agreement, and until when.

Owns: the rows of `CaseParticipant`. A part ends in the transaction that takes its agreement back, so that no crash
comes between the two; what somebody wrote while in it stays. Must never give an ended part back by itself: after a
new yes, people are let in anew.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.tables import CaseFile, CaseParticipant, Referral
from server.consents import ConsentScope
from signaling.messages import Role


def takes_part_in(account_id: str) -> ColumnElement[bool]:
    """Of the cases of a query: those that this account has a part in now."""
    return exists().where(
        CaseParticipant.case_id == CaseFile.id,
        CaseParticipant.account_id == account_id,
        CaseParticipant.ended_at.is_(None),
    )


async def takes_part(db: AsyncSession, case_id: str, account_id: str) -> bool:
    """Whether this account has a part in a case now."""
    found = await db.get(CaseParticipant, (case_id, account_id))
    return found is not None and found.ended_at is None


async def took_part(db: AsyncSession, case_id: str, account_id: str) -> bool:
    """Whether this account ever had a part in a case."""
    return await db.get(CaseParticipant, (case_id, account_id)) is not None


async def let_in(
    db: AsyncSession, case_id: str, account_id: str, role: Role, now: float, *, recipient: str
) -> None:
    """From now on this account has a part in the case. ``recipient``: of the agreement that it rests on."""
    found = await db.get(CaseParticipant, (case_id, account_id), with_for_update=True)
    if found is None:
        found = CaseParticipant(case_id=case_id, account_id=account_id)
        db.add(found)
    elif found.ended_at is None:
        return  # it rests on what it began on
    found.role, found.recipient, found.since, found.ended_at = role.value, recipient, now, None


async def end_parts(
    db: AsyncSession, case_id: str, scope: ConsentScope, recipient: str | None, now: float
) -> None:
    """This agreement is no more: every part that rests on it ends."""
    in_case = CaseParticipant.case_id == case_id
    if scope is ConsentScope.TELECONSULTATION:
        over = in_case
    elif scope is ConsentScope.THIRD_PERSON:
        over = in_case & (CaseParticipant.role == Role.MEDIATOR.value)
    elif scope is not ConsentScope.REFERRAL:
        return
    else:
        sent = select(Referral.new_case_id).where(
            Referral.case_id == case_id, Referral.recipient == recipient, Referral.new_case_id.is_not(None)
        )
        over = or_(in_case & (CaseParticipant.recipient == recipient), CaseParticipant.case_id.in_(sent))
    await db.execute(
        update(CaseParticipant).where(over, CaseParticipant.ended_at.is_(None)).values(ended_at=now)
    )
