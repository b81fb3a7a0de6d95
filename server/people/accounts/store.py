"""Accounts: making and changing them, and letting people back in who lost password or telephone.

Owns: what an administrator does with accounts, each act and its audit entry in one transaction. Must never show
or keep a password. A one-time password is shown once, works for a day and must be changed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from aiohttp import web
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.people.acting import OPERATOR, By
from server.people.errors import LoginTaken, NoSuchAccount, SubjectTaken
from server.people.profile import Gender, Specialty, Spoken
from server.people.readable import readable
from server.people.sessions.store import end_sessions_of
from server.people.signin.hashing import Hasher
from server.people.sites import site_id_of
from server.people.tables import (
    Account,
    AccountLanguage,
    AccountSpecialty,
    OidcLink,
    Passkey,
    RecoveryCode,
    Site,
)
from server.platform.database.engine import DbSessions
from server.platform.ids import new_id
from server.trail.acts import Act
from server.trail.trail import Trail
from signaling.messages import Role
from signaling.text import folded

# 79 bits of chance: too many to be guessed within a day.
ONE_TIME_GROUPS = 4
# OWASP ASVS 5, 6.4.1: initial passwords are random, short-lived and become no long-term ones.
ONE_TIME_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Profile:
    """What an account says about its person. ``site`` is a name; it is made when it is new."""

    name: str
    role: Role
    site: str = ""
    specialties: Collection[Specialty] = ()
    languages: Collection[Spoken] = ()
    gender: Gender | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """An account as an administrator sees it: no secret, only whether there is one.

    ``provider_subject``: who this is at the OpenID Connect provider in use; "": nobody there opens it.
    """

    account_id: str
    login: str
    name: str
    role: str
    site: str
    gender: str | None
    disabled: bool
    has_second_factor: bool
    must_change_password: bool
    provider_subject: str = ""
    specialties: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)


class Accounts:
    """All accounts. ``clock`` gives UTC seconds as `time.time` does."""

    def __init__(
        self, database: DbSessions, hasher: Hasher, trail: Trail, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._trail = trail
        self._clock = clock

    async def create(
        self, login: str, profile: Profile, *, password: str, actor: By = OPERATOR, lasting: bool = False
    ) -> str:
        """Make an account and give its id. Raises LoginTaken, TooBusy.

        The password is for the first sign-in only, unless it is a ``lasting`` one of the demo or of a test.
        """
        password_hash = await self._hasher.hash_password(password)
        async with self._database.begin() as db:
            if await db.scalar(select(Account.id).where(Account.login == folded(login))):
                raise LoginTaken
            now = self._clock()
            account = Account(
                id=new_id("ac"),
                login=folded(login),
                password_hash=password_hash,
                must_change_password=not lasting,
                password_expires_at=None if lasting else now + ONE_TIME_S,
                disabled=False,
                created_at=now,
            )
            await self._fill(db, account, profile)
            db.add(account)
            await db.flush()
            await _set_skills(db, account.id, profile)
            await self._trail.record(db, actor.did(Act.ACCOUNT_CREATED, account.id, role=profile.role))
            return account.id

    async def change(self, account_id: str, profile: Profile, *, actor: By) -> bool:
        """Give an account another profile. Raises NoSuchAccount. True: the role changed and all sessions ended."""
        async with self._database.begin() as db:
            account = await _get(db, account_id)
            role_changed = account.role != profile.role.value
            await self._fill(db, account, profile)
            await _set_skills(db, account_id, profile)
            if role_changed:
                await end_sessions_of(db, account_id=account_id)
            await self._trail.record(db, actor.did(Act.ACCOUNT_CHANGED, account_id, role=profile.role))
            return role_changed

    async def set_disabled(self, account_id: str, *, disabled: bool, actor: By) -> None:
        """Shut an account (all its sessions end) or open it again. Raises NoSuchAccount."""
        async with self._database.begin() as db:
            account = await _get(db, account_id)
            account.disabled = disabled
            if disabled:
                await end_sessions_of(db, account_id=account_id)
            act = Act.ACCOUNT_DISABLED if disabled else Act.ACCOUNT_ENABLED
            await self._trail.record(db, actor.did(act, account_id))

    async def reset(self, account_id: str, *, actor: By) -> str:
        """Give an account a one-time password; all its sessions, second factors and recovery codes end.

        Raises NoSuchAccount, TooBusy.
        """
        password = one_time_password()
        password_hash = await self._hasher.hash_password(password)
        async with self._database.begin() as db:
            account = await _get(db, account_id)
            account.password_hash = password_hash
            account.must_change_password = True
            account.password_expires_at = self._clock() + ONE_TIME_S
            account.totp_secret = account.totp_confirmed_at = account.totp_pending = None
            for factor in (Passkey, RecoveryCode):
                await db.execute(delete(factor).where(factor.account_id == account_id))
            await end_sessions_of(db, account_id=account_id)
            await self._trail.record(db, actor.did(Act.ACCOUNT_RESET, account_id))
        return password

    async def link_provider(self, account_id: str, *, issuer: str, subject: str, actor: By) -> None:
        """Let this person of a provider open this account, no other one. Raises SubjectTaken, NoSuchAccount.

        Replaces the person of this provider who opened the account before; in that case all its sessions end.
        """
        async with self._database.begin() as db:
            await _get(db, account_id)
            link = await db.get(OidcLink, (issuer, subject))
            if link is not None and link.account_id != account_id:
                raise SubjectTaken
            if link is None:
                await _unlink(db, account_id, issuer)
                db.add(
                    OidcLink(issuer=issuer, subject=subject, account_id=account_id, created_at=self._clock())
                )
            await self._trail.record(db, actor.did(Act.PROVIDER_LINKED, account_id))

    async def unlink_provider(self, account_id: str, *, issuer: str, actor: By) -> None:
        """Remove the link to this provider; all sessions of the account end. Raises NoSuchAccount."""
        async with self._database.begin() as db:
            await _get(db, account_id)
            await _unlink(db, account_id, issuer)
            await self._trail.record(db, actor.did(Act.PROVIDER_UNLINKED, account_id))

    async def id_of(self, login: str) -> str:
        """The id of a login; for the command line. Raises NoSuchAccount."""
        async with self._database() as db:
            found = await db.scalar(select(Account.id).where(Account.login == folded(login)))
        if found is None:
            raise NoSuchAccount
        return found

    async def everybody(self, issuer: str = "") -> list[Person]:
        """All accounts, by name; ``issuer``: the provider in use."""
        async with self._database() as db:
            rows = (
                await db.execute(
                    select(Account, Site.name)
                    .outerjoin(Site, Site.id == Account.site_id)
                    .order_by(Account.name, Account.id)
                )
            ).all()
            specialties = await _by_account(db, AccountSpecialty.account_id, AccountSpecialty.specialty)
            languages = await _by_account(db, AccountLanguage.account_id, AccountLanguage.language)
            links = await db.scalars(select(OidcLink).where(OidcLink.issuer == issuer))
            subjects = {link.account_id: link.subject for link in links}
            with_passkey = set(await db.scalars(select(Passkey.account_id)))
        return [
            Person(
                account_id=account.id,
                login=account.login,
                name=account.name,
                role=account.role,
                site=site or "",
                gender=account.gender,
                disabled=account.disabled,
                has_second_factor=account.totp_confirmed_at is not None or account.id in with_passkey,
                must_change_password=account.must_change_password,
                provider_subject=subjects.get(account.id, ""),
                specialties=specialties.get(account.id, []),
                languages=languages.get(account.id, []),
            )
            for account, site in rows
        ]

    async def _fill(self, db: AsyncSession, account: Account, profile: Profile) -> None:
        account.name = profile.name
        account.role = profile.role.value
        account.gender = profile.gender.value if profile.gender else None
        account.site_id = await site_id_of(db, profile.site, self._clock()) if profile.site else None


ACCOUNTS = web.AppKey("accounts", Accounts)


def one_time_password() -> str:
    """Such as ``k7fm-2xqa-w9bh-dj3t``."""
    return readable(ONE_TIME_GROUPS)


async def _get(db: AsyncSession, account_id: str) -> Account:
    account = await db.get(Account, account_id)
    if account is None:
        raise NoSuchAccount
    return account


async def _unlink(db: AsyncSession, account_id: str, issuer: str) -> None:
    """Remove the link to this provider, and end the sessions that may have come through it."""
    gone = await db.scalars(
        delete(OidcLink)
        .where(OidcLink.issuer == issuer, OidcLink.account_id == account_id)
        .returning(OidcLink.subject)
    )
    if gone.all():
        await end_sessions_of(db, account_id=account_id)


async def _set_skills(db: AsyncSession, account_id: str, profile: Profile) -> None:
    await db.execute(delete(AccountSpecialty).where(AccountSpecialty.account_id == account_id))
    await db.execute(delete(AccountLanguage).where(AccountLanguage.account_id == account_id))
    db.add_all(AccountSpecialty(account_id=account_id, specialty=one) for one in set(profile.specialties))
    db.add_all(AccountLanguage(account_id=account_id, language=one) for one in set(profile.languages))


async def _by_account(db: AsyncSession, account_id: object, value: object) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    rows: Sequence[tuple[str, str]] = (await db.execute(select(account_id, value).order_by(value))).all()  # type: ignore[call-overload]
    for owner, one in rows:
        found.setdefault(owner, []).append(one)
    return found
