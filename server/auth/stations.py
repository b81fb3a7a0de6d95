"""Stations and their enrolment by a one-time code.

Owns: making stations and codes, and turning a typed code into a station, once. Must never keep a code
in the clear, nor tell a used or expired code from one that never was.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, select

from server.auth import codes
from server.auth.delays import Delays, place_of
from server.auth.errors import WrongCode
from server.auth.hashing import Hasher
from server.auth.sites import site_id_of
from server.config import Settings
from server.db.engine import DbSessions
from server.db.models import EnrolmentCode, Station


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code to be told to whoever sets the station up, and when it stops working (UTC seconds)."""

    station_id: str
    code: str
    expires_at: float


class Stations:
    """All stations. ``clock`` gives UTC seconds as `time.time` does."""

    def __init__(
        self,
        database: DbSessions,
        hasher: Hasher,
        delays: Delays,
        settings: Settings,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._delays = delays
        self._ttl_s = settings.enrolment_code_ttl_s
        self._clock = clock

    async def new_code(self, *, site: str, name: str) -> NewCode:
        """A new code for this station; makes the site and the station when they are new.

        Codes given out for it before stop working; a station that is enrolled stays so until the new
        code is used.
        """
        code = codes.new_code()
        hashed = await self._hasher.hash_code(code)
        now = self._clock()
        async with self._database.begin() as db:
            site_id = await site_id_of(db, site, now)
            query = select(Station.id).where(Station.site_id == site_id, Station.name == name)
            station_id = await db.scalar(query)
            if station_id is None:
                station = Station(id=f"st_{secrets.token_hex(8)}", site_id=site_id, name=name, created_at=now)
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
        return NewCode(station_id, codes.shown(code), expires_at)

    async def enrol(self, typed: str, address: str) -> str:
        """Use up a code and give the id of its station. Raises WrongCode, MustWait, TooBusy."""
        place = f"enrolment {place_of(address)}"
        self._delays.begin(place)
        code = codes.normalised(typed)
        if code is None:
            raise WrongCode
        hashed = await self._hasher.hash_code(code)
        async with self._database.begin() as db:
            # Deleting and reading in one statement: of two kiosks typing the same code, one wins.
            query = (
                delete(EnrolmentCode)
                .where(EnrolmentCode.code_scrypt == hashed)
                .returning(EnrolmentCode.station_id, EnrolmentCode.expires_at)
            )
            row = (await db.execute(query)).one_or_none()
        if row is None or row.expires_at <= self._clock():
            raise WrongCode
        self._delays.succeeded(place)
        return str(row.station_id)
