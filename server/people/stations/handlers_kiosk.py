"""GET /station, POST /api/station/enrolment, GET /api/station: a browser becomes a station and asks which it is.

Owns: these three, and the station's cookie, which is renewed with every ticket: a station in use stays enrolled.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.people.principal import Principal
from server.people.sessions.access import needs, open_to_all
from server.people.sessions.cookies import STATION, get_cookie, set_cookie
from server.people.sessions.device import device_words
from server.people.sessions.live import shut_out
from server.people.sessions.permissions import Action
from server.people.sessions.proofs import CHALLENGE_S, PROOFS, PUBLIC_KEY_MAX_CHARS
from server.people.sessions.store import SESSIONS
from server.people.signin.refusals import noted
from server.people.signin.stepping import me
from server.people.stations.codes import TYPED_MAX_CHARS
from server.people.stations.store import STATIONS
from server.platform.http.bodies import json_response, read_json
from server.platform.http.keys import SETTINGS
from server.platform.http.origin import came_securely, client_address
from server.platform.http.pages import answered
from server.trail.refused import Way

PAGE = "/station"
FILE = "station/index.html"
CHALLENGE_COOKIE = "keneya-challenge"


class Enrolment(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is typed at the kiosk, and the key that its browser made (SubjectPublicKeyInfo in base64)."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=TYPED_MAX_CHARS)]
    public_key: Annotated[str, msgspec.Meta(min_length=1, max_length=PUBLIC_KEY_MAX_CHARS)]


@open_to_all("a code makes the browser a station")
async def enrol(request: web.Request) -> web.Response:
    """Use up a one-time code; the browser becomes that station."""
    app = request.app
    typed = await read_json(request, Enrolment)
    with noted(request, Way.STATION):
        station_id = await app[STATIONS].enrol(
            typed.code, typed.public_key, client_address(request, app[SETTINGS])
        )
    previous = get_cookie(request, STATION)
    if previous:
        await app[SESSIONS].end(previous)
    token = await app[SESSIONS].open_for_station(
        station_id, device=device_words(request.headers.get("User-Agent", ""))
    )
    # The kiosk that was this station until now is signed out.
    await shut_out(request, station_id)
    response = web.Response(status=204)
    set_cookie(request, response, STATION, token, app[SETTINGS].station_session_s)
    return response


@needs(Action.BE_A_STATION)
async def which_station(request: web.Request, principal: Principal) -> web.Response:
    """Answer which station this browser is, or 401."""
    response = json_response(me(principal))
    keep_enrolled(request, response)
    return response


def keep_enrolled(request: web.Request, response: web.Response) -> None:
    """Renew the cookie of the station that asked."""
    app = request.app
    token = get_cookie(request, STATION)
    if token:
        set_cookie(request, response, STATION, token, app[SETTINGS].station_session_s)


async def page(request: web.Request) -> web.Response:
    """GET /station: the page of the kiosk, and the challenge that it signs its first request with."""
    response = answered(request, FILE)
    _hand_out_challenge(request, response)
    return response


def _hand_out_challenge(request: web.Request, response: web.Response) -> None:
    """The station's page signs with its first request: asking for a challenge would be a round trip, 1.3 s on 2G.

    The one cookie that scripts may read; it is no secret, and worth nothing without the station's key.
    """
    app = request.app
    response.set_cookie(
        CHALLENGE_COOKIE,
        app[PROOFS].challenge(),
        max_age=CHALLENGE_S,
        path=PAGE,
        secure=came_securely(request, app[SETTINGS]),
        samesite="Strict",
    )
