"""Server-side sessions: the cookie holds a random token, the database only its SHA-256.

Owns: opening, finding, refreshing and ending the sessions of people and stations. Must never store or
log a token, and never let a session outlive its idle or absolute end, whatever the cookie says.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

from sqlalchemy import delete, select, update

from server.auth.principal import Principal
from server.config import Settings
from server.db.engine import DbSessions
from server.db.models import Account, HttpSession, Site, Station
from signaling.messages import Role

TOKEN_BYTES = 32
# Every refresh is a disk write; once a minute is fine enough for idle times of minutes and more.
REFRESH_EVERY_S = 60


class HttpSessions:
    """All sessions. ``clock`` gives UTC seconds as `time.time` does."""

    def __init__(self, database: DbSessions, settings: Settings, clock: Callable[[], float]) -> None:
        self._database = database
        self._idle_s = settings.session_idle_s
        self._absolute_s = settings.session_absolute_s
        self._station_s = settings.station_session_s
        self._clock = clock

    async def open_for_account(self, account_id: str) -> str:
        """Begin a person's session; the token is for the cookie and exists nowhere else."""
        return await self._open(self._absolute_s, account_id=account_id)

    async def open_for_station(self, station_id: str) -> str:
        """Begin a station's session; sessions that this station had elsewhere end."""
        async with self._database.begin() as db:
            await db.execute(delete(HttpSession).where(HttpSession.station_id == station_id))
        return await self._open(self._station_s, station_id=station_id)

    async def account(self, token: str) -> Principal | None:
        """The person behind a cookie, or None; a session that is used lives on."""
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
        if not await self._refreshed(session, self._idle_s):
            return None
        return Principal(account.id, Role(account.role), account.name, site or "")

    async def station(self, token: str) -> Principal | None:
        """The station behind a cookie, or None; use moves its end ahead."""
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
        if not await self._refreshed(session, self._station_s, slide_s=self._station_s):
            return None
        return Principal(station.id, Role.STATION, station.name, site)

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
        self, lifetime_s: float, *, account_id: str | None = None, station_id: str | None = None
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


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
