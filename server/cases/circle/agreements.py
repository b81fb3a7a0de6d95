"""Whom a patient's agreements cover, as they stand on disk in this transaction.

Owns: the one rule for every way into a case. An ordinary case is read by whoever is offered it. A survivor-safe
case is read by nobody but the specialty that the patient agreed to: the one it was opened for, or, once it was
handed over, the one named in the agreement to that. Must never look at what a request calls a reader: a colleague
is of the specialties of his account.
"""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.kinds import is_discreet
from server.cases.tables import CaseFile, CaseRoute, Referral
from server.consents import ConsentScope, newest_answer
from server.people.tables import Account, AccountSpecialty
from signaling.messages import Role
from signaling.routing import Skills, is_of

# Why a case has another route than at first (`CaseRoute.why`).
TRANSFER = "transfer"
# What a clinician's part rests on when the patient was asked for nothing more than to be seen from afar.
AFAR = ""


async def covering(db: AsyncSession, case: CaseFile, clinician_id: str) -> str | None:
    """The agreement under which this clinician may take a case, by its recipient; None: there is none.

    The answers that count stay locked until the commit.
    """
    if not is_discreet(case.kind):
        return AFAR
    if not await _agreed(db, case) or not await of_specialty(db, case.specialty, clinician_id):
        return None
    if not await was_handed_over(db, case.id):
        return AFAR
    return case.specialty if await agreed_to(db, case.id, case.specialty) else None


async def may_hand_over(db: AsyncSession, case: CaseFile, specialty: str, clinician_id: str | None) -> bool:
    """Whether a case may be offered to this specialty from now on, and to this colleague first."""
    if not is_discreet(case.kind):
        return True
    if clinician_id is not None and not await of_specialty(db, specialty, clinician_id):
        return False
    return await _agreed(db, case) and await agreed_to(db, case.id, specialty)


async def taken_back(db: AsyncSession, case: CaseFile) -> bool:
    """Whether what this case rests on was refused or withdrawn: nobody but its station reads it any more.

    A hurried request waits before its patient could be asked: nothing was taken back there.
    """
    for case_id, scope, recipient in await _rests_on(db, case):
        found = await newest_answer(db, case_id, scope, recipient=recipient)
        if found is not None and not found.in_force:
            return True
    return False


async def is_over(db: AsyncSession, case: CaseFile) -> bool:
    """Whether the consultation of a case must not go on: what it rests on, or its hand-over, was taken back."""
    if await taken_back(db, case):
        return True
    if not is_discreet(case.kind) or not await was_handed_over(db, case.id):
        return False
    return not await agreed_to(db, case.id, case.specialty)


async def agreed_to(db: AsyncSession, case_id: str, recipient: str) -> bool:
    """Whether the patient agrees that this recipient learns of the case."""
    found = await newest_answer(db, case_id, ConsentScope.REFERRAL, recipient=recipient)
    return found is not None and found.in_force


async def of_specialty(db: AsyncSession, specialty: str, clinician_id: str) -> bool:
    """Whether this account is a clinician of a specialty, now."""
    if not await is_clinician(db, clinician_id):
        return False
    return is_of(specialty, Skills(frozenset(await specialties_of(db, clinician_id))))


async def is_clinician(db: AsyncSession, account_id: str) -> bool:
    """Whether this account may take patients, now."""
    account = await db.get(Account, account_id)
    return account is not None and not account.disabled and account.role == Role.CLINICIAN.value


async def specialties_of(db: AsyncSession, clinician_id: str) -> list[str]:
    """The specialties of an account, in order of their names."""
    query = select(AccountSpecialty.specialty).where(AccountSpecialty.account_id == clinician_id)
    return list(await db.scalars(query.order_by(AccountSpecialty.specialty)))


async def was_handed_over(db: AsyncSession, case_id: str) -> bool:
    """Whether a case was ever handed over."""
    handed_over = exists().where(CaseRoute.case_id == case_id, CaseRoute.why == TRANSFER)
    return bool(await db.scalar(select(handed_over)))


async def _agreed(db: AsyncSession, case: CaseFile) -> bool:
    for case_id, scope, recipient in await _rests_on(db, case):
        found = await newest_answer(db, case_id, scope, recipient=recipient)
        if found is None or not found.in_force:
            return False
    return True


async def _rests_on(db: AsyncSession, case: CaseFile) -> list[tuple[str, ConsentScope, str | None]]:
    """The answers that a case itself rests on: to be seen from afar, and, of one sent on, to whom it was sent."""
    answers: list[tuple[str, ConsentScope, str | None]] = [(case.id, ConsentScope.TELECONSULTATION, None)]
    sent = await db.scalar(select(Referral).where(Referral.new_case_id == case.id))
    if sent is not None:
        answers.append((sent.case_id, ConsentScope.REFERRAL, sent.recipient))
    return answers
