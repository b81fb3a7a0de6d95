"""Second factors by TOTP (RFC 6238): enrolling an account's six digits, and verifying them.

Owns: the state of a person's second factor in the database. Must never take one code twice, nor let the caller
see whether a refused code was wrong or already used. Each failure lengthens the account's wait, from whatever
address.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from sqlalchemy import or_, update

from server.people.acting import By
from server.people.errors import ClockOff, OutOfOrder, WrongTotp
from server.people.signin import totp
from server.people.signin.delays import Delays
from server.people.signin.vault import Vault
from server.people.tables import Account
from server.platform.database.engine import DbSessions
from server.trail.acts import Act
from server.trail.trail import Trail
from signaling.messages import Role


class SecondFactors:
    """The second factor of all accounts. ``clock`` gives UTC seconds as `time.time` does.

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

    async def begin(self, account_id: str) -> tuple[str, str]:
        """A new secret that counts once `confirm` has seen its digits; gives secret and login.

        Asking again before that makes another one. Raises OutOfOrder when there is a second factor.
        """
        secret = totp.new_secret()
        async with self._database.begin() as db:
            account = await db.get(Account, account_id)
            if account is None or account.totp_confirmed_at is not None:
                raise OutOfOrder
            account.totp_secret = self._vault.seal(secret, account_id)
            account.totp_last_step = None
            return secret, account.login

    async def confirm(self, account_id: str, typed: str) -> None:
        """The first digits: from now on they are asked for. Raises OutOfOrder, WrongTotp, ClockOff, MustWait."""
        await self._use(account_id, typed, confirmed=False)

    async def prove(self, account_id: str, typed: str) -> None:
        """Verify the current code; each code works once. Raises OutOfOrder, WrongTotp, ClockOff, MustWait."""
        await self._use(account_id, typed, confirmed=True)

    async def _use(self, account_id: str, typed: str, *, confirmed: bool) -> None:
        self._delays.begin(account_id)
        async with self._database.begin() as db:
            account = await db.get(Account, account_id)
            sealed = account.totp_secret if account is not None else None
            if account is None or sealed is None or (account.totp_confirmed_at is not None) != confirmed:
                self._delays.not_a_failure(account_id)
                raise OutOfOrder
            now = self._clock()
            secret = self._vault.open(sealed, account_id)
            step = totp.matching_step(secret, typed, now, account.totp_last_step)
            if step is None:
                # `begin` has counted this try as failed, whatever is said of it.
                wrong = ClockOff if totp.is_of_another_time(secret, typed, now) else WrongTotp
                raise wrong(account_id)
            # The condition stands in the statement: of two requests with the same digits one wins, and
            # only while the secret is the one that was read.
            fresh = or_(Account.totp_last_step.is_(None), Account.totp_last_step < step)
            taken = await db.scalar(
                update(Account)
                .where(Account.id == account_id, Account.totp_secret == sealed, fresh)
                .values(totp_last_step=step, totp_confirmed_at=account.totp_confirmed_at or now)
                .returning(Account.id)
                .execution_options(synchronize_session=False)
            )
            if taken is None:
                raise WrongTotp(account_id)
            if not confirmed:
                actor = By(account_id, Role(account.role))
                await self._trail.record(db, actor.did(Act.SECOND_FACTOR_ENROLLED, account_id))
        self._delays.succeeded(account_id)


SECOND_FACTORS = web.AppKey("second_factors", SecondFactors)
