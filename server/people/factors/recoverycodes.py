"""Recovery codes: ten codes on paper, each good for one sign-in without telephone and passkey.

Owns: making a sheet of codes, using one up, and counting what is left. A new sheet ends the old one. Must never
keep a code: the database holds a keyed hash (HMAC-SHA-256), whose key lies in the data folder.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from sqlalchemy import delete, func, select

from server.people.acting import By
from server.people.errors import OutOfOrder, WrongRecoveryCode
from server.people.readable import readable
from server.people.signin.delays import Delays
from server.people.signin.vault import keyed_hash
from server.people.tables import Account, RecoveryCode
from server.platform.database.engine import DbSessions
from server.trail.acts import Act
from server.trail.trail import Trail
from signaling.messages import Role

# A sheet lasts for years: a telephone is lost once in a while.
CODES = 10
# 59 bits of chance, far beyond guessing at a try a minute.
GROUPS = 3
TYPED_MAX_CHARS = 40


class RecoveryCodes:
    """The codes of all accounts. ``key``: a secret of this server that outlives it; ``delays`` count by account."""

    def __init__(
        self,
        database: DbSessions,
        trail: Trail,
        *,
        key: Callable[[], bytes],
        delays: Delays,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._trail = trail
        self._key = key
        self._delays = delays
        self._clock = clock

    async def renew(self, account_id: str) -> list[str]:
        """A new sheet; the codes of the one before open nothing now. Raises OutOfOrder."""
        codes = [readable(GROUPS) for _ in range(CODES)]
        now = self._clock()
        async with self._database.begin() as db:
            account = await db.get(Account, account_id)
            if account is None:
                raise OutOfOrder
            await db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
            db.add_all(
                RecoveryCode(account_id=account_id, code_hmac=self._hmac(account_id, code), created_at=now)
                for code in codes
            )
            actor = By(account_id, Role(account.role))
            await self._trail.record(db, actor.did(Act.RECOVERY_CODES_MADE, account_id, count=len(codes)))
        return codes

    async def use(self, account_id: str, typed: str) -> None:
        """Use one up. Raises WrongRecoveryCode, MustWait."""
        self._delays.begin(account_id)
        async with self._database.begin() as db:
            account = await db.get(Account, account_id)
            # Deleting and reading in one statement: of two requests with the same code, one wins.
            used = await db.scalar(
                delete(RecoveryCode)
                .where(
                    RecoveryCode.account_id == account_id,
                    RecoveryCode.code_hmac == self._hmac(account_id, typed),
                )
                .returning(RecoveryCode.account_id)
            )
            if used is None or account is None:
                raise WrongRecoveryCode
            actor = By(account_id, Role(account.role))
            await self._trail.record(db, actor.did(Act.RECOVERY_CODE_USED, account_id))
        self._delays.succeeded(account_id)

    async def left(self, account_id: str) -> int:
        """How many are left."""
        query = select(func.count()).where(RecoveryCode.account_id == account_id)
        async with self._database() as db:
            return await db.scalar(query) or 0

    def _hmac(self, account_id: str, code: str) -> str:
        return keyed_hash(self._key(), account_id, _normalised(code))


RECOVERY_CODES = web.AppKey("recovery_codes", RecoveryCodes)


def _normalised(typed: str) -> str:
    """As it is compared: without case, blanks and hyphens."""
    return "".join(char for char in typed.casefold() if char.isalnum())
