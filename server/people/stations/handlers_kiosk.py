"""POST /api/station/enrolment and GET /api/station: a browser becomes a station, and asks which one it is.

Owns: these two, and the station's cookie, which is renewed with every ticket: a station in use stays enrolled.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.people.principal import Principal
from server.people.sessions.access import needs, open_to_all
from server.people.sessions.cookies import STATION, get_cookie, set_cookie
from server.people.sessions.device import device_words
from server.people.sessions.permissions import Action
from server.people.sessions.proofs import PUBLIC_KEY_MAX_CHARS
from server.people.signin.handlers import me
from server.people.stations.codes import TYPED_MAX_CHARS
from server.platform.http.bodies import json_response, read_json
from server.platform.http.origin import client_address
from server.platform.metrics import SIGN_IN_REFUSALS
from server.services import HUB, services


class Enrolment(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is typed at the kiosk, and the key that its browser made (SubjectPublicKeyInfo in base64)."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=TYPED_MAX_CHARS)]
    public_key: Annotated[str, msgspec.Meta(min_length=1, max_length=PUBLIC_KEY_MAX_CHARS)]


@open_to_all("a code makes the browser a station")
async def enrol(request: web.Request) -> web.Response:
    """Use up a one-time code; the browser becomes that station."""
    own = services(request)
    typed = await read_json(request, Enrolment)
    with SIGN_IN_REFUSALS.labels(kind="station").count_exceptions():
        station_id = await own.stations.enrol(
            typed.code, typed.public_key, client_address(request, own.settings)
        )
    previous = get_cookie(request, STATION, own.settings)
    if previous:
        await own.sessions.end(previous)
    token = await own.sessions.open_for_station(
        station_id, device=device_words(request.headers.get("User-Agent", ""))
    )
    # The kiosk that was this station until now is no longer.
    own.tickets.revoke(station_id)
    await request.app[HUB].sign_out(station_id)
    response = web.Response(status=204)
    set_cookie(response, STATION, token, own.settings, own.settings.station_session_s)
    return response


@needs(Action.BE_A_STATION)
async def which_station(request: web.Request, principal: Principal) -> web.Response:
    """Answer which station this browser is, or 401."""
    response = json_response(me(principal))
    keep_enrolled(request, response)
    return response


def keep_enrolled(request: web.Request, response: web.Response) -> None:
    """Renew the cookie of the station that asked."""
    own = services(request)
    token = get_cookie(request, STATION, own.settings)
    if token:
        set_cookie(response, STATION, token, own.settings, own.settings.station_session_s)
