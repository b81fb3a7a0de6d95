"""The PIN of older cases, at the office and at the kiosk.

    POST   /api/stations/{id}/pin          a new PIN, shown once
    DELETE /api/stations/{id}/pin          none any more
    GET    /api/station/pin                {"needed", "locked"}: of this station, now
    POST   /api/station/pin                {"pin"}: older cases are open for a while
    DELETE /api/station/pin                and closed again

Owns: these.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.people.acting import by
from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.people.signin.refusals import noted
from server.people.stations.pins import STATION_PINS, TYPED_MAX_CHARS
from server.platform.http.bodies import json_response, read_json
from server.trail.refused import Way


class TypedPin(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is typed at the kiosk."""

    pin: Annotated[str, msgspec.Meta(min_length=1, max_length=TYPED_MAX_CHARS)]


class NewPin(msgspec.Struct, frozen=True):
    """A PIN to be told to those who work at the station."""

    pin: str


class PinState(msgspec.Struct, frozen=True):
    """Whether this station has a PIN, and whether it has to be typed now."""

    needed: bool
    locked: bool


@needs(Action.ENROL_STATIONS)
async def new_pin(request: web.Request, who: Principal) -> web.Response:
    """Give a station a PIN, or another one."""
    station_id = request.match_info["station_id"]
    return json_response(NewPin(await request.app[STATION_PINS].renew(station_id, actor=by(who))), 201)


@needs(Action.ENROL_STATIONS)
async def remove_pin(request: web.Request, who: Principal) -> web.Response:
    """Let a station read older cases without one."""
    await request.app[STATION_PINS].remove(request.match_info["station_id"], actor=by(who))
    return web.Response(status=204)


@needs(Action.BE_A_STATION)
async def pin_state(request: web.Request, who: Principal) -> web.Response:
    """Tell the kiosk's page what to ask."""
    return json_response(PinState(await request.app[STATION_PINS].is_needed(who), who.reads_since > 0))


@needs(Action.BE_A_STATION)
async def unlock(request: web.Request, who: Principal) -> web.Response:
    """Take the PIN."""
    typed = await read_json(request, TypedPin)
    with noted(request, Way.PIN, who.participant_id):
        await request.app[STATION_PINS].unlock(who, typed.pin)
    return web.Response(status=204)


@needs(Action.BE_A_STATION)
async def lock(request: web.Request, who: Principal) -> web.Response:
    """Close older cases before the time is over."""
    await request.app[STATION_PINS].lock(who)
    return web.Response(status=204)
