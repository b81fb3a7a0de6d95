"""The six digits of a telephone (RFC 6238): connecting one to an account, and verifying its codes.

Owns: the state of a person's telephone in the database. Must never take one code twice, nor let the caller see
whether a refused code was wrong or already used. Each failure lengthens the account's wait, from whatever address.
A new telephone replaces the old one only when its first code has been seen.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from sqlalchemy import or_, update

from server.people.acting import By
from server.people.errors import ClockOff, LastSecondFactor, OutOfOrder, WrongTotp
from server.people.factors import totp
from server.people.sessions.ways import ways_of
from server.people.signin.delays import Delays
from server.people.signin.vault import Vault
from server.people.tables import Account
from server.platform.database.engine import DbSessions
from server.trail.acts import Act
from server.trail.trail import Trail
from signaling.messages import Role


class SecondFactors:
    """The telephones of all accounts. ``clock`` gives UTC seconds as `time.time` does.

    ``delays`` count by account, not by address: only who has the password comes this far, so no stranger can
    make the owner wait.
    """

    def __init__(
        self,
        database: DbSessions,
        vault: Vault,
        trail: Trail,
        *,
        delays: Delays,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._vault = vault
        self._trail = trail
        self._delays = delays
        self._clock = clock
        # The last code that was of another time, by account: no more than there are accounts.
        self._refused: dict[str, totp.Refused] = {}

    async def begin(self, account_id: str) -> tuple[str, str]:
        """A new secret that counts once `confirm` has seen its digits; gives secret and login.

        Asking again before that makes another one; a telephone that is connected keeps working. Raises OutOfOrder.
        """
        secret = totp.new_secret()
        async with self._database.begin() as db:
            account = await db.get(Account, account_id)
            if account is None:
                raise OutOfOrder
            account.totp_pending = self._vault.seal(secret, account_id)
            return secret, account.login

    async def confirm(self, account_id: str, typed: str) -> None:
        """The first digits: from now on they are asked for. Raises OutOfOrder, WrongTotp, ClockOff, MustWait."""
        self._delays.begin(account_id)
        async with self._database.begin() as db:
            account = await db.get(Account, account_id)
            sealed = account.totp_pending if account is not None else None
            if account is None or sealed is None:
                self._delays.not_a_failure(account_id)
                raise OutOfOrder
            now = self._clock()
            secret = self._vault.open(sealed, account_id)
            step = totp.matching_step(secret, typed, now, None)
            if step is None:
                # Whoever connects a telephone has the secret: nothing is told that they do not know.
                raise ClockOff if totp.other_steps(secret, typed, now) else WrongTotp
            taken = await db.scalar(
                update(Account)
                .where(Account.id == account_id, Account.totp_pending == sealed)
                .values(totp_secret=sealed, totp_pending=None, totp_last_step=step, totp_confirmed_at=now)
                .returning(Account.id)
                .execution_options(synchronize_session=False)
            )
            if taken is None:
                raise WrongTotp
            actor = By(account_id, Role(account.role))
            await self._trail.record(db, actor.did(Act.SECOND_FACTOR_ENROLLED, account_id))
        self._delays.succeeded(account_id)

    async def prove(self, account_id: str, typed: str) -> None:
        """Verify the current code; each code works once. Raises OutOfOrder, WrongTotp, MustWait.

        Raises ClockOff after a second code that is as far off as the one before.
        """
        self._delays.begin(account_id)
        async with self._database.begin() as db:
            account = await db.get(Account, account_id)
            sealed = account.totp_secret if account is not None else None
            if account is None or sealed is None or account.totp_confirmed_at is None:
                self._delays.not_a_failure(account_id)
                raise OutOfOrder
            step = self._step(sealed, account_id, typed, self._clock(), account.totp_last_step)
            # The condition stands in the statement: of two requests with the same digits one wins, and
            # only while the secret is the one that was read.
            fresh = or_(Account.totp_last_step.is_(None), Account.totp_last_step < step)
            taken = await db.scalar(
                update(Account)
                .where(Account.id == account_id, Account.totp_secret == sealed, fresh)
                .values(totp_last_step=step)
                .returning(Account.id)
                .execution_options(synchronize_session=False)
            )
            if taken is None:
                raise WrongTotp
        self._delays.succeeded(account_id)

    async def is_connected(self, account_id: str) -> bool:
        """Whether a telephone is connected to this account."""
        async with self._database() as db:
            account = await db.get(Account, account_id)
        return account is not None and account.totp_confirmed_at is not None

    async def remove(self, account_id: str) -> None:
        """Take the telephone away from the account. Raises OutOfOrder, LastSecondFactor."""
        async with self._database.begin() as db:
            account = await db.get(Account, account_id, with_for_update=True)
            if account is None or account.totp_confirmed_at is None:
                raise OutOfOrder
            account.totp_secret = account.totp_confirmed_at = account.totp_pending = None
            await db.flush()
            if not await ways_of(db, account_id):
                raise LastSecondFactor
            actor = By(account_id, Role(account.role))
            await self._trail.record(db, actor.did(Act.SECOND_FACTOR_REMOVED, account_id))

    def _step(self, sealed: str, account_id: str, typed: str, now_s: float, last: int | None) -> int:
        """The step of a right code. Raises WrongTotp, ClockOff; this try counts as failed already."""
        secret = self._vault.open(sealed, account_id)
        before = self._refused.pop(account_id, None)
        step = totp.matching_step(secret, typed, now_s, last)
        if step is None:
            refused = totp.Refused(totp.step_at(now_s), totp.other_steps(secret, typed, now_s))
            if refused.steps:
                self._refused[account_id] = refused
            raise ClockOff if totp.is_clock_off(before, refused) else WrongTotp
        return step


SECOND_FACTORS = web.AppKey("second_factors", SecondFactors)
