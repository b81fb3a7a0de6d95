"""People who sign in with login and password.

Owns: making accounts and checking credentials. Must never tell whether a login exists: an unknown
login, a wrong password and a disabled account give the same answer after the same work.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from sqlalchemy import select, update

from server.auth.delays import Delays, place_of
from server.auth.errors import WrongCredentials
from server.auth.hashing import Hasher
from server.auth.sites import site_id_of
from server.db.engine import DbSessions
from server.db.models import Account
from signaling.messages import Role

LOGIN_MAX_CHARS = 100
# NIST SP 800-63B asks for at least 64; more than 256 is not typed by a person.
PASSWORD_MAX_CHARS = 256
# NIST SP 800-63B revision 4, password as the single factor.
PASSWORD_MIN_CHARS = 15


class LoginTaken(Exception):
    """There is an account with this login already."""


class Accounts:
    """All accounts. ``clock`` gives UTC seconds as `time.time` does.

    ``guessing`` holds back one place that tries one login, ``spraying`` one place that tries many.
    """

    def __init__(
        self,
        database: DbSessions,
        hasher: Hasher,
        *,
        guessing: Delays,
        spraying: Delays,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._guessing = guessing
        self._spraying = spraying
        self._clock = clock

    async def check(self, login: str, password: str, address: str) -> str:
        """Give the id of the account these credentials open. Raises WrongCredentials, MustWait, TooBusy."""
        login = folded(login)
        place = place_of(address)
        self._spraying.begin(place)
        self._guessing.begin(f"{place} {login}")
        account = await self._find(login)
        right = await self._hasher.verify_password(account.password_hash if account else None, password)
        if account is None or not right or account.disabled:
            raise WrongCredentials
        self._guessing.succeeded(f"{place} {login}")
        self._spraying.not_a_failure(place)
        if self._hasher.is_outdated(account.password_hash):
            await self.set_password(login, password)
        return account.id

    async def create(self, *, login: str, name: str, role: Role, site: str, password: str) -> str:
        """Make an account and give its id; the site is made when it is new. Raises LoginTaken."""
        password_hash = await self._hasher.hash_password(password)
        async with self._database.begin() as db:
            if await db.scalar(select(Account.id).where(Account.login == folded(login))):
                raise LoginTaken
            now = self._clock()
            account = Account(
                id=f"ac_{secrets.token_hex(8)}",
                login=folded(login),
                name=name,
                role=role.value,
                site_id=await site_id_of(db, site, now) if site else None,
                password_hash=password_hash,
                disabled=False,
                created_at=now,
            )
            db.add(account)
            return account.id

    async def exists(self, login: str) -> bool:
        """Whether an account has this login; for the command line, never for a page."""
        return await self._find(folded(login)) is not None

    async def set_password(self, login: str, password: str) -> None:
        """Give an account another password."""
        password_hash = await self._hasher.hash_password(password)
        async with self._database.begin() as db:
            await db.execute(
                update(Account).where(Account.login == folded(login)).values(password_hash=password_hash)
            )

    async def _find(self, login: str) -> Account | None:
        async with self._database() as db:
            return (await db.scalars(select(Account).where(Account.login == login))).one_or_none()


def folded(login: str) -> str:
    """A login as it is compared: without blanks around it and without case."""
    return login.strip().casefold()
