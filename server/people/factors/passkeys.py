"""Passkeys (WebAuthn): adding one to an account, proving the second factor with it, and taking it away.

Owns: the passkeys in the database, and the challenges that are under way, one a session, each used once. Must
never hold a private key: the person's device or security key does.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.people.acting import By
from server.people.errors import (
    LastSecondFactor,
    NoSuchPasskey,
    OutOfOrder,
    TooManyPasskeys,
    WrongPasskey,
)
from server.people.factors import ceremonies
from server.people.factors.ceremonies import CHALLENGE_BYTES, TIMEOUT_S, Json, Known, RelyingParty
from server.people.principal import Principal
from server.people.sessions.ways import ways_of
from server.people.signin.delays import Delays
from server.people.tables import Account, Passkey
from server.platform.database.engine import DbSessions
from server.platform.ids import new_id
from server.trail.acts import Act
from server.trail.trail import Trail

# A telephone, a computer at work and one at home, a security key and its spare; twice that.
PASSKEYS_PER_ACCOUNT = 10
# Memory bound: far above the people who sign in within five minutes; the oldest goes first.
MAX_CHALLENGES = 1_000
# A credential id has at most 1023 bytes (WebAuthn section 4).
CREDENTIAL_ID_MAX_BYTES = 1023
COSE_KEY_MAX_BYTES = 1500


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    """A passkey as its owner sees it; times are UTC seconds."""

    id: str
    name: str
    created_at: float
    last_used_at: float | None


class Challenges:
    """Challenges by session and ceremony, for five minutes. ``clock`` runs evenly."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._given: OrderedDict[tuple[str, str], tuple[bytes, float]] = OrderedDict()

    def give(self, session_id: str, ceremony: str) -> bytes:
        """A new one; the one before is worth nothing now."""
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        self._given[session_id, ceremony] = challenge, self._clock() + TIMEOUT_S
        self._given.move_to_end((session_id, ceremony))
        if len(self._given) > MAX_CHALLENGES:
            self._given.popitem(last=False)
        return challenge

    def take(self, session_id: str, ceremony: str) -> bytes:
        """The one that was given, once. Raises WrongPasskey."""
        challenge, ends_s = self._given.pop((session_id, ceremony), (b"", 0.0))
        if not challenge or self._clock() >= ends_s:
            raise WrongPasskey
        return challenge


class Passkeys:
    """The passkeys of all accounts. ``clock`` gives UTC seconds; ``delays`` count failures by account."""

    def __init__(
        self,
        database: DbSessions,
        trail: Trail,
        *,
        challenges: Challenges,
        delays: Delays,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._trail = trail
        self._challenges = challenges
        self._delays = delays
        self._clock = clock

    async def begin_adding(self, who: Principal, party: RelyingParty) -> Json:
        """What the browser is asked to make. Raises TooManyPasskeys."""
        async with self._database() as db:
            account = await db.get(Account, who.participant_id)
            known = await _known(db, who.participant_id)
        if account is None:
            raise OutOfOrder
        if len(known) >= PASSKEYS_PER_ACCOUNT:
            raise TooManyPasskeys
        challenge = self._challenges.give(who.session_id, "create")
        return ceremonies.creation(party, (account.id, account.login, account.name), known, challenge)

    async def add(self, who: Principal, party: RelyingParty, answer: Json, *, name: str) -> None:
        """Keep what the browser made. Raises WrongPasskey, TooManyPasskeys."""
        made = ceremonies.created(party, self._challenges.take(who.session_id, "create"), answer)
        if len(made.credential_id) > CREDENTIAL_ID_MAX_BYTES or len(made.public_key) > COSE_KEY_MAX_BYTES:
            raise WrongPasskey
        async with self._database.begin() as db:
            # Locks the account: of two that are added at once the second one counts the first.
            await db.get(Account, who.participant_id, with_for_update=True)
            of_account = select(func.count()).where(Passkey.account_id == who.participant_id)
            if (await db.scalar(of_account) or 0) >= PASSKEYS_PER_ACCOUNT:
                raise TooManyPasskeys
            if await db.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)):
                raise WrongPasskey
            row = Passkey(
                id=new_id("pk"),
                account_id=who.participant_id,
                credential_id=made.credential_id,
                public_key=made.public_key,
                sign_count=made.sign_count,
                transports=made.transports,
                name=name,
                created_at=self._clock(),
            )
            db.add(row)
            actor = By(who.participant_id, who.role)
            await self._trail.record(db, actor.did(Act.PASSKEY_ADDED, row.id))

    async def begin_proving(self, who: Principal, party: RelyingParty) -> Json:
        """What the browser is asked to sign. Raises OutOfOrder when this account has no passkey."""
        async with self._database() as db:
            known = await _known(db, who.participant_id)
        if not known:
            raise OutOfOrder
        return ceremonies.request(party, known, self._challenges.give(who.session_id, "get"))

    async def prove(self, who: Principal, party: RelyingParty, answer: Json) -> None:
        """Check what the browser signed. Raises WrongPasskey, MustWait."""
        account_id = who.participant_id
        self._delays.begin(account_id)
        challenge = self._challenges.take(who.session_id, "get")
        async with self._database.begin() as db:
            named = ceremonies.credential_id_of(answer)
            query = select(Passkey).where(Passkey.account_id == account_id, Passkey.credential_id == named)
            row = (await db.scalars(query)).one_or_none()
            if row is None:
                raise WrongPasskey
            count = ceremonies.proven(party, challenge, answer, _as_known(row))
            await db.execute(
                update(Passkey)
                .where(Passkey.id == row.id)
                .values(sign_count=count, last_used_at=self._clock())
                .execution_options(synchronize_session=False)
            )
        self._delays.succeeded(account_id)

    async def remove(self, who: Principal, passkey_id: str) -> None:
        """Take one away. Raises NoSuchPasskey, LastSecondFactor."""
        async with self._database.begin() as db:
            await db.get(Account, who.participant_id, with_for_update=True)
            mine = Passkey.account_id == who.participant_id
            gone = await db.scalar(
                delete(Passkey).where(Passkey.id == passkey_id, mine).returning(Passkey.id)
            )
            if gone is None:
                raise NoSuchPasskey
            if not await ways_of(db, who.participant_id):
                raise LastSecondFactor
            actor = By(who.participant_id, who.role)
            await self._trail.record(db, actor.did(Act.PASSKEY_REMOVED, passkey_id))

    async def of_account(self, account_id: str) -> list[PasskeyLine]:
        """A person's passkeys, the newest first."""
        query = select(Passkey).where(Passkey.account_id == account_id)
        async with self._database() as db:
            rows = await db.scalars(query.order_by(Passkey.created_at.desc(), Passkey.id))
            return [PasskeyLine(row.id, row.name, row.created_at, row.last_used_at) for row in rows]


PASSKEYS = web.AppKey("passkeys", Passkeys)


async def _known(db: AsyncSession, account_id: str) -> list[Known]:
    rows = await db.scalars(select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id))
    return [_as_known(row) for row in rows]


def _as_known(row: Passkey) -> Known:
    return Known(row.credential_id, row.public_key, row.sign_count, row.transports)
