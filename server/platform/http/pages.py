"""The pages people open: the choice of faces, the station, the clinician.

Owns: which file stands behind which address. A page itself is never kept without asking, so that an
upgrade reaches every kiosk at its next load.
"""

from __future__ import annotations

from aiohttp import web

from server.people.sessions.proofs import CHALLENGE_S
from server.platform.http.static import ASK_EVERY_TIME, WEB_FILES
from server.services import services

PAGES = {
    "/": "landing/index.html",
    "/station": "station/index.html",
    "/clinician": "clinician/index.html",
    "/office": "office/index.html",
    "/mediator": "mediator/index.html",
    # Where the quick exit of a survivor-safe consultation leads: a poster, and nothing of ours.
    "/conseils": "leaflet/index.html",
}

STATION_PAGE = "/station"
CHALLENGE_COOKIE = "keneya-challenge"


async def page(request: web.Request) -> web.Response:
    """One page of the table above; the page says itself in the language its reader chose before."""
    response = request.app[WEB_FILES].respond(request, PAGES[request.path], ASK_EVERY_TIME)
    if request.path == STATION_PAGE:
        _hand_out_challenge(request, response)
    return response


def _hand_out_challenge(request: web.Request, response: web.Response) -> None:
    """The station's page signs with its first request: asking for a challenge would be a round trip, 1.3 s on 2G.

    The one cookie that scripts may read; it is no secret, and worth nothing without the station's key.
    """
    own = services(request)
    response.set_cookie(
        CHALLENGE_COOKIE,
        own.proofs.challenge(),
        max_age=CHALLENGE_S,
        path="/station",
        secure=own.settings.secure,
        samesite="Strict",
    )
