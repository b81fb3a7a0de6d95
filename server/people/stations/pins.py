"""The PIN of a station that stands in a room with many hands: older cases are read only after it was typed.

Owns: giving a station a PIN and taking it away, unlocking one session with it, and locking that again. Must never
keep a PIN: the database holds a keyed hash, whose key lies in the data folder. What a locked station reads is
`Principal.reads_since`, and the cases' to heed.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from aiohttp import web
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from server.people.acting import By, by
from server.people.errors import NoSuchStation, WrongPin
from server.people.principal import Principal
from server.people.signin.delays import Delays
from server.people.signin.vault import keyed_hash
from server.people.tables import HttpSession, Station
from server.platform.database.engine import DbSessions
from server.trail.acts import Act
from server.trail.entry import Entry
from server.trail.trail import Trail

# As many as a telephone's codes have: a million, at a try a minute, outlast any shift.
PIN_DIGITS = 6
# Time to find a case of last week and read it; then whoever comes next finds it locked.
UNLOCKED_S = 900
TYPED_MAX_CHARS = 16


class StationPins:
    """The PINs. ``key``: a secret of this server that outlives it; ``delays`` count failures by station."""

    def __init__(
        self,
        database: DbSessions,
        trail: Trail,
        *,
        key: Callable[[], bytes],
        delays: Delays,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._trail = trail
        self._key = key
        self._delays = delays
        self._clock = clock

    async def renew(self, station_id: str, *, actor: By) -> str:
        """A new PIN, to be told once; the old one opens nothing now. Raises NoSuchStation."""
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"
        await self._set(station_id, self._hmac(station_id, pin), actor.did(Act.STATION_PIN_MADE, station_id))
        return pin

    async def remove(self, station_id: str, *, actor: By) -> None:
        """The station needs no PIN any more. Raises NoSuchStation."""
        await self._set(station_id, None, actor.did(Act.STATION_PIN_REMOVED, station_id))

    async def is_needed(self, who: Principal) -> bool:
        """Whether this station has a PIN; it may be unlocked now."""
        async with self._database() as db:
            station = await db.get(Station, who.participant_id)
        return station is not None and station.pin_hmac is not None

    async def unlock(self, who: Principal, typed: str) -> None:
        """Open older cases in this session for a while. Raises WrongPin, MustWait."""
        self._delays.begin(who.participant_id)
        digits = "".join(char for char in typed if char.isascii() and char.isdigit())
        async with self._database.begin() as db:
            station = await db.get(Station, who.participant_id)
            kept = station.pin_hmac if station is not None else None
            if kept is None or not hmac.compare_digest(kept, self._hmac(who.participant_id, digits)):
                raise WrongPin
            await self._until(db, who, self._clock() + UNLOCKED_S)
            await self._trail.record(db, by(who).did(Act.STATION_UNLOCKED, who.participant_id))
        self._delays.succeeded(who.participant_id)

    async def lock(self, who: Principal) -> None:
        """Close older cases in this session; closing what is closed is no error."""
        async with self._database.begin() as db:
            await self._until(db, who, None)

    async def _set(self, station_id: str, kept: str | None, entry: Entry) -> None:
        async with self._database.begin() as db:
            changed = update(Station).where(Station.id == station_id).values(pin_hmac=kept)
            if await db.scalar(changed.returning(Station.id)) is None:
                raise NoSuchStation
            # Who had the old PIN has not the new one.
            of_station = HttpSession.station_id == station_id
            await db.execute(update(HttpSession).where(of_station).values(unlocked_until=None))
            await self._trail.record(db, entry)

    async def _until(self, db: AsyncSession, who: Principal, until: float | None) -> None:
        await db.execute(
            update(HttpSession).where(HttpSession.id == who.session_id).values(unlocked_until=until)
        )

    def _hmac(self, station_id: str, pin: str) -> str:
        return keyed_hash(self._key(), station_id, pin)


STATION_PINS = web.AppKey("station_pins", StationPins)
