"""Consents on disk, each answer and each withdrawal with its audit entry.

Owns: the table `consent`. Every call works inside the caller's `async with database.begin() as db:`, so that an
act, the consent it needs and the trail of both are one transaction. Must never let an answer be changed: a new one
is a new row, and the newest decides.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.consents import consent as rules
from server.consents.consent import Company, Consent, ConsentScope, Giver, How, NewConsent
from server.consents.errors import ConsentMissing
from server.consents.tables import Consent as Row
from server.platform.ids import new_id
from server.platform.redacted import Redacted
from server.trail.acts import Act, System
from server.trail.entry import Entry
from server.trail.trail import Trail
from signaling.messages import Role

# (transaction, case, scope, recipient): what ends on disk together with an agreement.
WhenOver = Callable[[AsyncSession, str, ConsentScope, str | None], Awaitable[None]]


class Consents:
    """All consents. ``clock`` gives UTC seconds."""

    def __init__(self, trail: Trail, clock: Callable[[], float]) -> None:
        self._trail = trail
        self._clock = clock
        self._when_over: list[WhenOver] = []

    def when_over(self, follower: WhenOver) -> None:
        """From now on ``follower`` writes in each transaction that takes an agreement back, or keeps a no."""
        self._when_over.append(follower)

    async def _over(
        self, db: AsyncSession, consultation_id: str, scope: ConsentScope, recipient: str | None
    ) -> None:
        for follower in self._when_over:
            await follower(db, consultation_id, scope, recipient)

    async def record(
        self, db: AsyncSession, new: NewConsent, role: Role, company: Company = Company.PAIR
    ) -> Consent:
        """Keep an answer; ``role`` is that of ``recorded_by``. Raises ConsentRefusedAsWritten.

        Call it last in the transaction (it ends in `Trail.record`).
        """
        rules.check(new, company)
        if not new.given:
            # Locked first: who is let in on the answer before comes before this no, or not at all.
            await self.newest(db, new.consultation_id, new.scope, recipient=new.recipient)
            await self._over(db, new.consultation_id, new.scope, new.recipient)
        consent_id = new_id("cn")
        entry = Entry(
            Act.CONSENT_GIVEN if new.given else Act.CONSENT_REFUSED,
            new.recorded_by,
            role,
            consultation_id=new.consultation_id,
            subject_id=consent_id,
            facts={"scope": new.scope, "how": new.how, "giver": new.giver},
        )
        row = Row(
            id=consent_id,
            consultation_id=new.consultation_id,
            scope=new.scope.value,
            recipient=new.recipient or "",
            given=new.given,
            language=new.language,
            text_id=new.text_id,
            how=new.how.value,
            giver=new.giver.value,
            giver_name=_trimmed(new.giver_name) if new.giver_name else None,
            explained_by=_trimmed(new.explained_by),
            recorded_by=new.recorded_by,
            recorded_at=self._clock(),
            audit_sequence=await self._trail.record(db, entry),
        )
        db.add(row)
        await db.flush()
        return _consent(row)

    async def require(
        self,
        db: AsyncSession,
        consultation_id: str,
        scope: ConsentScope,
        *,
        recipient: str | None = None,
        company: Company | None = None,
    ) -> Consent:
        """The consent in force for an act of this transaction. Raises ConsentMissing.

        ``company``: only the words about this company count. None: any, as of consents of earlier versions.
        The row stays locked until the commit: a withdrawal comes before the act or after it, never between.
        """
        found = await self.newest(db, consultation_id, scope, recipient=recipient)
        if found is None or not found.in_force:
            raise ConsentMissing
        if company is not None and not rules.explains(found.answer.text_id, scope, company):
            raise ConsentMissing
        return found

    async def newest(
        self,
        db: AsyncSession,
        consultation_id: str,
        scope: ConsentScope,
        *,
        recipient: str | None = None,
    ) -> Consent | None:
        """The answer that counts, yes or no, withdrawn or not; locked until the commit. None: never asked."""
        return await newest_answer(db, consultation_id, scope, recipient=recipient)

    async def withdraw(
        self,
        db: AsyncSession,
        consultation_id: str,
        scope: ConsentScope,
        *,
        recipient: str | None = None,
        by: str,
        role: Role | System,
    ) -> bool:
        """Take back what is in force; False when nothing was. Call it last in the transaction."""
        row = await db.scalar(_newest(consultation_id, scope, recipient).with_for_update())
        if row is None or not row.given or row.withdrawn_at is not None:
            return False
        await self._over(db, consultation_id, scope, recipient)
        await db.execute(
            update(Row).where(Row.id == row.id).values(withdrawn_at=self._clock(), withdrawn_by=by)
        )
        entry = Entry(
            Act.CONSENT_WITHDRAWN,
            by,
            role,
            consultation_id=consultation_id,
            subject_id=row.id,
            facts={"scope": scope},
        )
        await self._trail.record(db, entry)
        return True

    async def of(self, db: AsyncSession, consultation_id: str) -> list[Consent]:
        """Every answer of a consultation, oldest first."""
        query = select(Row).where(Row.consultation_id == consultation_id).order_by(Row.audit_sequence)
        return [_consent(row) for row in await db.scalars(query)]


CONSENTS = web.AppKey("consents", Consents)


async def newest_answer(
    db: AsyncSession, consultation_id: str, scope: ConsentScope, *, recipient: str | None = None
) -> Consent | None:
    """The answer that counts, as `Consents.newest`, for those who only ask."""
    row = await db.scalar(_newest(consultation_id, scope, recipient).with_for_update())
    return _consent(row) if row is not None else None


def _newest(consultation_id: str, scope: ConsentScope, recipient: str | None) -> Select[Row]:
    return (
        select(Row)
        .where(
            Row.consultation_id == consultation_id,
            Row.scope == scope.value,
            Row.recipient == (recipient or ""),
        )
        .order_by(Row.audit_sequence.desc())
        .limit(1)
        # A row read earlier in this session may be old by now.
        .execution_options(populate_existing=True)
    )


def _trimmed(name: Redacted) -> Redacted:
    return Redacted(name.reveal().strip())


def _consent(row: Row) -> Consent:
    return Consent(
        id=row.id,
        answer=NewConsent(
            consultation_id=row.consultation_id,
            scope=ConsentScope(row.scope),
            given=row.given,
            language=row.language,
            text_id=row.text_id,
            how=How(row.how),
            giver=Giver(row.giver),
            explained_by=row.explained_by,
            recorded_by=row.recorded_by,
            recipient=row.recipient or None,
            giver_name=row.giver_name,
        ),
        recorded_at=row.recorded_at,
        withdrawn_at=row.withdrawn_at,
    )
