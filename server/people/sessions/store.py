"""Server-side sessions: the cookie holds a random token, the database only its SHA-256.

Owns: opening, finding, refreshing, renewing and ending the sessions of people and stations (OWASP ASVS 5
chapter 7). Must never store or log a token, and never let a session outlive its idle or absolute end,
whatever the cookie says. A person's session opens nothing until every step of steps.py is done.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from aiohttp import web
from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.people.principal import Principal
from server.people.sessions.steps import Factor, Step, next_step
from server.people.sessions.ways import ways_of
from server.people.tables import Account, HttpSession, Site, Station
from server.platform.database.engine import DbSessions
from server.platform.settings.config import Settings
from signaling.messages import Role

TOKEN_BYTES = 32
# Every refresh is a disk write; once a minute is fine enough for idle times of minutes and more.
REFRESH_EVERY_S = 60
# A sign-in that stops halfway: time to find the telephone and to install an app on it, and no more.
UNFINISHED_S = 900
# At a station with a PIN: a shift. Who opened a case reads its answer without looking for the PIN.
OPEN_WITHOUT_PIN_S = 12 * 3600
# A statement takes 999 parameters on the oldest SQLite that is still about.
IDS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's session: who it is, which step is due (None: whole), when they last proved who they are.

    ``ways``: what this person can prove the second factor with, when that is the step that is due.
    """

    principal: Principal
    step: Step | None
    proven_at: float
    ways: list[Factor] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StationStanding:
    """A station's session, and the key that must sign what comes with it."""

    principal: Principal
    public_key: str


class HttpSessions:
    """All sessions. ``clock`` gives UTC seconds as `time.time` does."""

    def __init__(self, database: DbSessions, settings: Settings, clock: Callable[[], float]) -> None:
        self._database = database
        self._idle_s = settings.session_idle_s
        self._absolute_s = settings.session_absolute_s
        self._station_s = settings.station_session_s
        self._clock = clock
        self._waived: set[str] = set()

    def waive_second_factor(self, account_id: str) -> None:
        """Ask no second factor of this account while this process lives: for the demo's doctor and for tests."""
        self._waived.add(account_id)

    async def open_for_account(
        self, account_id: str, *, device: str = "", second_factor: bool = False
    ) -> str:
        """Begin a person's session; the token is for the cookie and exists nowhere else.

        ``second_factor``: a provider vouches for one.
        """
        return await self._open(
            self._absolute_s, account_id=account_id, device=device, second_factor=second_factor
        )

    async def open_for_station(self, station_id: str, *, device: str = "") -> str:
        """Begin a station's session; sessions that this station had elsewhere end."""
        async with self._database.begin() as db:
            await db.execute(delete(HttpSession).where(HttpSession.station_id == station_id))
        return await self._open(self._station_s, station_id=station_id, device=device)

    async def standing(self, token: str) -> Standing | None:
        """The person behind a cookie and how far the sign-in has come, or None; use keeps a session alive."""
        query = (
            select(HttpSession, Account, Site.name)
            .join(Account, Account.id == HttpSession.account_id)
            .outerjoin(Site, Site.id == Account.site_id)
            .where(HttpSession.token_sha256 == _digest(token), Account.disabled.is_(False))
        )
        async with self._database() as db:
            row = (await db.execute(query)).one_or_none()
            if row is None:
                return None
            session, account, site = row
            proven = session.second_factor_at is not None or account.id in self._waived
            ways = [] if proven else await ways_of(db, account.id)
        step = next_step(
            second_factor=proven, has_second_factor=bool(ways), must_change=account.must_change_password
        )
        if step is not None and self._clock() >= session.proven_at + UNFINISHED_S:
            return None
        if not await self._refreshed(session, self._idle_s):
            return None
        who = Principal(account.id, Role(account.role), account.name, site or "", session.id)
        return Standing(who, step, session.proven_at, ways)

    async def account(self, token: str) -> Principal | None:
        """The person behind a cookie whose sign-in is whole, or None."""
        found = await self.standing(token)
        return found.principal if found is not None and found.step is None else None

    async def station(self, token: str) -> StationStanding | None:
        """The station behind a cookie, or None; use moves its end ahead. A cookie alone proves nothing yet."""
        query = (
            select(HttpSession, Station, Site.name)
            .join(Station, Station.id == HttpSession.station_id)
            .join(Site, Site.id == Station.site_id)
            .where(HttpSession.token_sha256 == _digest(token))
        )
        async with self._database() as db:
            row = (await db.execute(query)).one_or_none()
        if row is None:
            return None
        session, station, site = row
        key = station.public_key
        if key is None or not await self._refreshed(session, self._station_s, slide_s=self._station_s):
            return None
        now = self._clock()
        locked = station.pin_hmac is not None and now >= (session.unlocked_until or 0.0)
        since = now - OPEN_WITHOUT_PIN_S if locked else 0.0
        return StationStanding(
            Principal(station.id, Role.STATION, station.name, site, session.id, since), key
        )

    async def renew(self, token: str, *, second_factor: bool = False, proven: bool = False) -> str:
        """Go on under a new token, because more is proven than before; the old one is worth nothing now."""
        now = self._clock()
        renewed = secrets.token_urlsafe(TOKEN_BYTES)
        changes: dict[str, object] = {"token_sha256": _digest(renewed), "last_seen_at": now}
        if second_factor:
            changes["second_factor_at"] = now
        if proven:
            changes["proven_at"] = now
        async with self._database.begin() as db:
            await db.execute(
                update(HttpSession).where(HttpSession.token_sha256 == _digest(token)).values(changes)
            )
        return renewed

    async def of_account(self, account_id: str) -> list[HttpSession]:
        """A person's sessions that still live, the last used first."""
        now = self._clock()
        query = (
            select(HttpSession)
            .where(
                HttpSession.account_id == account_id,
                HttpSession.expires_at > now,
                HttpSession.last_seen_at > now - self._idle_s,
            )
            .order_by(HttpSession.last_seen_at.desc(), HttpSession.id)
        )
        async with self._database() as db:
            return list(await db.scalars(query))

    async def ended_among(self, session_ids: Collection[str]) -> set[str]:
        """Those of these ids (not tokens) that are gone, past their absolute end or of a shut account."""
        alive: set[str] = set()
        known = list(session_ids)
        async with self._database() as db:
            for first in range(0, len(known), IDS_A_QUERY):
                query = (
                    select(HttpSession.id)
                    .outerjoin(Account, Account.id == HttpSession.account_id)
                    .outerjoin(Station, Station.id == HttpSession.station_id)
                    .where(
                        HttpSession.id.in_(known[first : first + IDS_A_QUERY]),
                        HttpSession.expires_at > self._clock(),
                        or_(Account.disabled.is_(False), Station.public_key.is_not(None)),
                    )
                )
                alive.update(await db.scalars(query))
        return set(known) - alive

    async def end(self, token: str) -> None:
        """End the session of this token; ending what is not there is no error."""
        await self._delete(_digest(token))

    async def drop_expired(self) -> int:
        """Remove sessions whose absolute end has passed; gives how many there were."""
        async with self._database.begin() as db:
            gone = await db.execute(
                delete(HttpSession)
                .where(HttpSession.expires_at <= self._clock())
                .returning(HttpSession.token_sha256)
            )
            return len(gone.all())

    async def _open(
        self,
        lifetime_s: float,
        *,
        account_id: str | None = None,
        station_id: str | None = None,
        device: str,
        second_factor: bool = False,
    ) -> str:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now = self._clock()
        async with self._database.begin() as db:
            db.add(
                HttpSession(
                    token_sha256=_digest(token),
                    id=f"se_{secrets.token_hex(8)}",
                    account_id=account_id,
                    station_id=station_id,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now + lifetime_s,
                    device=device,
                    proven_at=now,
                    second_factor_at=now if second_factor else None,
                )
            )
        return token

    async def _refreshed(self, session: HttpSession, idle_s: float, slide_s: float | None = None) -> bool:
        now = self._clock()
        if now >= session.expires_at or now >= session.last_seen_at + idle_s:
            await self._delete(session.token_sha256)
            return False
        if now - session.last_seen_at >= REFRESH_EVERY_S:
            changes = {"last_seen_at": now} | ({"expires_at": now + slide_s} if slide_s else {})
            async with self._database.begin() as db:
                await db.execute(
                    update(HttpSession)
                    .where(HttpSession.token_sha256 == session.token_sha256)
                    .values(changes)
                )
        return True

    async def _delete(self, digest: str) -> None:
        async with self._database.begin() as db:
            await db.execute(delete(HttpSession).where(HttpSession.token_sha256 == digest))


SESSIONS = web.AppKey("sessions", HttpSessions)


async def end_sessions_of(
    db: AsyncSession,
    *,
    account_id: str | None = None,
    station_id: str | None = None,
    only_id: str | None = None,
    except_id: str | None = None,
) -> list[str]:
    """End sessions of one owner inside the caller's transaction; gives the ids of those that were."""
    owner = (
        HttpSession.account_id == account_id
        if account_id is not None
        else HttpSession.station_id == station_id
    )
    query = delete(HttpSession).where(owner)
    if only_id is not None:
        query = query.where(HttpSession.id == only_id)
    if except_id is not None:
        query = query.where(HttpSession.id != except_id)
    return list(await db.scalars(query.returning(HttpSession.id)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
