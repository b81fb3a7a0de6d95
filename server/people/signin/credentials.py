"""People who sign in with login and password: proving that it is them.

Owns: checking credentials and changing one's own password. Must never tell whether a login exists: an unknown
login, a wrong password, a disabled account and a password past its end give the same answer after the same work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import select, update

from server.people.acting import By
from server.people.errors import MustWait, OutOfOrder, PasswordRefused, TooBusy, WrongCredentials
from server.people.sessions.store import end_sessions_of
from server.people.signin import passwords
from server.people.signin.delays import Delays, place_of
from server.people.signin.devices import Devices
from server.people.signin.hashing import Hasher
from server.people.signin.tries import Tries
from server.people.tables import Account
from server.platform.database.engine import DbSessions
from server.platform.http.networks import networks_of
from server.trail.acts import Act
from server.trail.trail import Trail
from signaling.messages import Role
from signaling.text import folded

LOGIN_MAX_CHARS = 100


@dataclass(frozen=True)
class GuessingLimits:
    """What slows guessing down. A browser in which the person has signed in before is a place of its own.

    ``guessing`` holds back one place that tries one login, ``spraying`` one place that tries many logins,
    ``anywhere`` all places that try one login.
    """

    guessing: Delays
    spraying: Tries
    anywhere: Tries


class Credentials:
    """The credentials of all accounts. ``clock`` gives UTC seconds as `time.time` does."""

    def __init__(
        self,
        database: DbSessions,
        hasher: Hasher,
        trail: Trail,
        *,
        limits: GuessingLimits,
        devices: Devices,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._trail = trail
        self._limits = limits
        self._devices = devices
        self._clock = clock

    async def check(self, login: str, password: str, address: str, device: str = "") -> str:
        """Give the id of the account these credentials open. ``device``: the browser's cookie (devices.py).

        Raises WrongCredentials, MustWait, TooBusy.
        """
        login = folded(login)
        account = await self._find(login) if device else None
        number = self._devices.number_of(device, account.id) if account is not None else None
        if number is None:
            account = await self._checked_as_a_stranger(login, password, address)
        else:
            self._limits.guessing.begin(f"device {number}")
            account = await self._checked(login, password, network="")
            self._limits.guessing.succeeded(f"device {number}")
        if self._hasher.is_outdated(account.password_hash):
            await self.set_password(login, password)
        return account.id

    async def _checked_as_a_stranger(self, login: str, password: str, address: str) -> Account:
        place, (_, network) = place_of(address), networks_of(address)
        here = f"{place} {login}"
        begun: list[tuple[Delays | Tries, str]] = []
        try:
            for counted, key in (
                (self._limits.spraying, place),
                (self._limits.guessing, here),
                (self._limits.anywhere, login),
            ):
                counted.begin(key)
                begun.append((counted, key))
            account = await self._checked(login, password, network)
        except (MustWait, TooBusy):
            for counted, key in begun:
                counted.not_a_failure(key)  # nothing was tried
            raise
        for counted, key in begun:
            counted.not_a_failure(key)
        self._limits.guessing.succeeded(here)
        return account

    async def _checked(self, login: str, password: str, network: str) -> Account:
        account = await self._find(login)
        stored = account.password_hash if account else None
        right = await self._hasher.verify_password(stored, password, network)
        if account is None or not right or account.disabled or self._is_past(account):
            raise WrongCredentials(about=account.id if account is not None else None)
        return account

    async def check_again(self, account_id: str, password: str) -> None:
        """Check the password of somebody who is signed in. Raises WrongCredentials, MustWait, TooBusy."""
        self._limits.guessing.begin(f"again {account_id}")
        async with self._database() as db:
            account = await db.get(Account, account_id)
        right = await self._hasher.verify_password(account.password_hash if account else None, password)
        if account is None or not right or self._is_past(account):
            raise WrongCredentials
        self._limits.guessing.succeeded(f"again {account_id}")

    async def change_password(self, account_id: str, password: str, *, session_id: str) -> None:
        """Give oneself another password; every session but this one ends.

        Raises PasswordRefused, TooBusy.
        """
        async with self._database() as db:
            account = await db.get(Account, account_id)
        if account is None:
            raise OutOfOrder
        passwords.check(password, (account.login, account.name))
        if await self._hasher.verify_password(account.password_hash, password):
            raise PasswordRefused("password_same")
        password_hash = await self._hasher.hash_password(password)
        async with self._database.begin() as db:
            await db.execute(
                update(Account)
                .where(Account.id == account_id)
                .values(password_hash=password_hash, must_change_password=False, password_expires_at=None)
            )
            await end_sessions_of(db, account_id=account_id, except_id=session_id)
            actor = By(account_id, Role(account.role))
            await self._trail.record(db, actor.did(Act.PASSWORD_CHANGED, account_id))

    async def exists(self, login: str) -> bool:
        """Whether an account has this login; for the command line, never for a page."""
        return await self._find(folded(login)) is not None

    async def set_password(self, login: str, password: str) -> None:
        """Store another hash for an account, without any rule: for the demo and for outdated hashes."""
        password_hash = await self._hasher.hash_password(password)
        async with self._database.begin() as db:
            await db.execute(
                update(Account).where(Account.login == folded(login)).values(password_hash=password_hash)
            )

    def _is_past(self, account: Account) -> bool:
        return account.password_expires_at is not None and self._clock() >= account.password_expires_at

    async def _find(self, login: str) -> Account | None:
        async with self._database() as db:
            return (await db.scalars(select(Account).where(Account.login == login))).one_or_none()


CREDENTIALS = web.AppKey("credentials", Credentials)
