"""/api/stations: how coordinators manage the kiosks.

    GET    /api/stations                   every station, whether it is enrolled and when it was last seen
    POST   /api/stations/codes             {"site", "name"}: a one-time code to type at the kiosk
    DELETE /api/stations/{id}/enrolment    nobody is this station any more, at once

Owns: these. A code is shown in the answer and nowhere again.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.people.acting import by
from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.live import shut_out
from server.people.sessions.permissions import Action
from server.people.stations.store import STATIONS
from server.platform.database.base import NAME_CHARS
from server.platform.http.bodies import json_response, read_json

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS, pattern=r"\S")]


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Which kiosk; site and station are made when they are new."""

    site: Name
    name: Name


@needs(Action.ENROL_STATIONS)
async def stations(request: web.Request, principal: Principal) -> web.Response:
    """List them by site."""
    return json_response(await request.app[STATIONS].all())


@needs(Action.ENROL_STATIONS, keeps_answer=True)
async def new_code(request: web.Request, principal: Principal) -> web.Response:
    """Make a code; those given out before for this station stop working."""
    wanted = await read_json(request, Wanted)
    made = await request.app[STATIONS].new_code(
        site=wanted.site.strip(), name=wanted.name.strip(), actor=by(principal)
    )
    return json_response(made, status=201)


@needs(Action.ENROL_STATIONS)
async def revoke(request: web.Request, principal: Principal) -> web.Response:
    """End the station's sessions, socket and leg."""
    app = request.app
    station_id = request.match_info["station_id"]
    await app[STATIONS].revoke(station_id, actor=by(principal))
    await shut_out(request, station_id)
    return web.Response(status=204)
