"""Stations and their enrolment by a one-time code.

Owns: making stations and codes, turning a typed code into a station, once, and taking that back. Must never keep
a code in the clear, nor tell a used or expired code from one that never was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import delete, func, select, update

from server.people.acting import OPERATOR, By
from server.people.errors import NoSuchStation, WrongCode
from server.people.sessions.proofs import key_of
from server.people.sessions.store import end_sessions_of
from server.people.signin.delays import place_of
from server.people.signin.hashing import Hasher
from server.people.signin.tries import Tries
from server.people.sites import same_name, site_id_of
from server.people.stations import codes
from server.people.tables import EnrolmentCode, HttpSession, Site, Station
from server.platform.database.engine import DbSessions
from server.platform.http.networks import networks_of
from server.platform.ids import new_id
from server.platform.settings.config import Settings
from server.trail.acts import Act
from server.trail.trail import Trail
from signaling.messages import Role
from signaling.text import tidied


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code to be told to whoever sets the station up, and when it stops working (UTC seconds)."""

    station_id: str
    code: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class StationLine:
    """A station as a coordinator sees it; times are UTC seconds, None where there is none."""

    station_id: str
    name: str
    site: str
    enrolled_at: float | None
    last_seen_at: float | None
    code_expires_at: float | None
    has_pin: bool


class Stations:
    """All stations. ``clock`` gives UTC seconds as `time.time` does."""

    def __init__(
        self,
        database: DbSessions,
        hasher: Hasher,
        *,
        tries: Tries,
        trail: Trail,
        settings: Settings,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._tries = tries
        self._trail = trail
        self._ttl_s = settings.enrolment_code_ttl_s
        self._clock = clock

    async def new_code(self, *, site: str, name: str, actor: By = OPERATOR) -> NewCode:
        """A new code for this station; makes the site and the station when they are new.

        Codes given out for it before stop working; a station that is enrolled stays so until the new
        code is used.
        """
        code = codes.new_code()
        hashed = await self._hasher.hash_code(code)
        now = self._clock()
        async with self._database.begin() as db:
            site_id = await site_id_of(db, site, now)
            known = await db.execute(select(Station.name, Station.id).where(Station.site_id == site_id))
            station_id = same_name(name, [(other, found) for other, found in known])
            if station_id is None:
                station = Station(id=new_id("st"), site_id=site_id, name=tidied(name), created_at=now)
                db.add(station)
                await db.flush()
                station_id = station.id
            await db.execute(delete(EnrolmentCode).where(EnrolmentCode.station_id == station_id))
            expires_at = now + self._ttl_s
            db.add(
                EnrolmentCode(
                    code_scrypt=hashed, station_id=station_id, created_at=now, expires_at=expires_at
                )
            )
            await self._trail.record(db, actor.did(Act.STATION_CODE_MADE, station_id))
        return NewCode(station_id, codes.shown(code), expires_at)

    async def enrol(self, typed: str, public_key: str, address: str) -> str:
        """Use up a code and give the id of its station; from now on the holder of this key is that station.

        The station's sessions end. Raises WrongCode, UnknownKey, MustWait, TooBusy.
        """
        key_of(public_key)
        place = f"enrolment {place_of(address)}"
        self._tries.begin(place)
        code = codes.normalised(typed)
        if code is None:
            raise WrongCode
        hashed = await self._hasher.hash_code(code, networks_of(address)[1])
        now = self._clock()
        async with self._database.begin() as db:
            # Deleting and reading in one statement: of two kiosks typing the same code, one wins.
            query = (
                delete(EnrolmentCode)
                .where(EnrolmentCode.code_scrypt == hashed)
                .returning(EnrolmentCode.station_id, EnrolmentCode.expires_at)
            )
            row = (await db.execute(query)).one_or_none()
            in_time = row is not None and row.expires_at > now
            if row is not None and in_time:
                await db.execute(
                    update(Station)
                    .where(Station.id == row.station_id)
                    .values(public_key=public_key, enrolled_at=now)
                )
                await end_sessions_of(db, station_id=row.station_id)
                actor = By(row.station_id, Role.STATION)
                await self._trail.record(db, actor.did(Act.STATION_ENROLLED, row.station_id))
        if row is None or not in_time:
            raise WrongCode
        self._tries.not_a_failure(place)
        return str(row.station_id)

    async def revoke(self, station_id: str, *, actor: By) -> None:
        """End the enrolment: key, sessions and codes are deleted. Raises NoSuchStation.

        Its socket and its leg end with `Hub.sign_out`, which is the caller's to call.
        """
        async with self._database.begin() as db:
            known = await db.scalar(
                update(Station)
                .where(Station.id == station_id)
                .values(public_key=None, enrolled_at=None)
                .returning(Station.id)
            )
            if known is None:
                raise NoSuchStation
            await db.execute(delete(EnrolmentCode).where(EnrolmentCode.station_id == station_id))
            await end_sessions_of(db, station_id=station_id)
            await self._trail.record(db, actor.did(Act.STATION_REVOKED, station_id))

    async def all(self) -> list[StationLine]:
        """Every station, by site and name."""
        seen = (
            select(HttpSession.station_id, func.max(HttpSession.last_seen_at).label("last_seen_at"))
            .group_by(HttpSession.station_id)
            .subquery()
        )
        query = (
            select(Station, Site.name, seen.c.last_seen_at, EnrolmentCode.expires_at)
            .join(Site, Site.id == Station.site_id)
            .outerjoin(seen, seen.c.station_id == Station.id)
            .outerjoin(EnrolmentCode, EnrolmentCode.station_id == Station.id)
            .order_by(Site.name, Station.name)
        )
        async with self._database() as db:
            rows = (await db.execute(query)).all()
        now = self._clock()
        return [
            StationLine(
                station_id=station.id,
                name=station.name,
                site=site,
                enrolled_at=station.enrolled_at if station.public_key else None,
                last_seen_at=last_seen_at,
                code_expires_at=ends if ends is not None and ends > now else None,
                has_pin=station.pin_hmac is not None,
            )
            for station, site, last_seen_at, ends in rows
        ]


STATIONS = web.AppKey("stations", Stations)
