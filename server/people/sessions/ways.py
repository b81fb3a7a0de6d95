"""The ways in which one person can prove the second factor now.

Owns: the query. Must never decide which step is due: steps.py does.
"""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.people.sessions.steps import Factor
from server.people.tables import Account, Passkey, RecoveryCode


async def ways_of(db: AsyncSession, account_id: str) -> list[Factor]:
    """Those there are, a passkey first: it is not typed and works for no other site.

    Recovery codes alone are no second factor.
    """
    query = select(
        exists().where(Passkey.account_id == account_id),
        exists().where(Account.id == account_id, Account.totp_confirmed_at.is_not(None)),
        exists().where(RecoveryCode.account_id == account_id),
    )
    passkey, totp, recovery = (await db.execute(query)).one()
    if not (passkey or totp):
        return []
    had = {Factor.PASSKEY: passkey, Factor.TOTP: totp, Factor.RECOVERY_CODE: recovery}
    return [way for way, there in had.items() if there]
