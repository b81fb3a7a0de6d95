"""POST /api/station/enrolment and GET /api/station: a browser becomes a station, and asks which one it is.

Owns: these two. The station's cookie is renewed at every page load, so that a station in use stays enrolled.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.auth.codes import TYPED_MAX_CHARS
from server.http.api_session import me
from server.http.bodies import json_response, read_json
from server.http.cookies import STATION, get_cookie, set_cookie
from server.http.origin import client_address
from server.http.who import required, station_of
from server.metrics import SIGN_IN_REFUSALS
from server.services import HUB, services


class Enrolment(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is typed at the kiosk."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=TYPED_MAX_CHARS)]


async def enrol(request: web.Request) -> web.Response:
    """Use up a one-time code; the browser becomes that station."""
    own = services(request)
    typed = await read_json(request, Enrolment)
    with SIGN_IN_REFUSALS.labels(kind="station").count_exceptions():
        station_id = await own.stations.enrol(typed.code, client_address(request, own.settings))
    previous = get_cookie(request, STATION, own.settings)
    if previous:
        await own.sessions.end(previous)
    token = await own.sessions.open_for_station(station_id)
    # The kiosk that was this station until now is no longer.
    own.tickets.revoke(station_id)
    await request.app[HUB].sign_out(station_id)
    response = web.Response(status=204)
    set_cookie(response, STATION, token, own.settings, own.settings.station_session_s)
    return response


async def which_station(request: web.Request) -> web.Response:
    """Answer which station this browser is, or 401."""
    own = services(request)
    response = json_response(me(required(await station_of(request))))
    token = get_cookie(request, STATION, own.settings)
    if token:
        set_cookie(response, STATION, token, own.settings, own.settings.station_session_s)
    return response
