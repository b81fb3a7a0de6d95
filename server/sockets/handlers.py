"""POST /api/ticket: a ticket for the WebSocket, for the person or the station of this browser.

Owns: the choice between the two. One browser may be both (a demo with two tabs, a doctor at a kiosk), so
the page says which it is: ``{"role": "station"}``, ``"clinician"`` or ``"mediator"``. Who signed in with another
role gets none: two pages of one person, of different kinds, would end one another's calls. Without ``role`` a
browser that is only one of them gets that one's ticket.

The answer holds all a page must know to begin: on a 2G link every further question costs 1.3 s.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from aiohttp import web

from server.people.principal import Principal
from server.people.sessions.access import open_to_all
from server.people.sessions.pace import PACE
from server.people.sessions.permissions import Action, allowed
from server.people.sessions.tickets import TICKET_TTL_S, TICKETS
from server.people.sessions.who import person_of, required, station_of
from server.people.stations.handlers_kiosk import keep_enrolled
from server.platform.http.bodies import json_response, read_json
from server.platform.http.errors import ApiError
from server.platform.http.guests import GUESTS
from server.platform.http.keys import SETTINGS, WALL
from server.sockets.turn import ice_servers
from signaling.messages import IceServer, Role


class TicketRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """For which face of this browser."""

    role: Literal["station", "clinician", "mediator"] | None = None


class Ticket(msgspec.Struct, frozen=True):
    """The ticket, how long it can be used, whose it is, and the TURN servers that a first leg may need."""

    ticket: str
    expires_s: int
    name: str
    site: str
    ice_servers: list[IceServer]


@open_to_all("it asks for OPEN_SOCKET itself, for the face that the body names")
async def new_ticket(request: web.Request) -> web.Response:
    """Give a single-use ticket, or 401 to strangers."""
    wanted = await read_json(request, TicketRequest) if request.can_read_body else TicketRequest()
    principal = await _principal(request, wanted.role)
    if not allowed(principal.role, Action.OPEN_SOCKET):
        raise ApiError(403, "forbidden")
    app = request.app
    app[GUESTS].known(request, request.remote or "")
    with app[PACE].turn(principal):
        issued = app[TICKETS].issue(principal)
    ticket = Ticket(
        issued,
        TICKET_TTL_S,
        principal.name,
        principal.site,
        ice_servers(app[SETTINGS], principal.participant_id, app[WALL]()),
    )
    response = json_response(ticket)
    if principal.role is Role.STATION:
        keep_enrolled(request, response)
    return response


async def _principal(request: web.Request, role: str | None) -> Principal:
    if role == "station":
        return required(await station_of(request))
    if role is not None:
        who = required(await person_of(request))
        if who.role.value != role:
            raise ApiError(403, "wrong_page")
        return who
    station, person = await station_of(request), await person_of(request)
    if station is not None and person is not None:
        raise ApiError(409, "which_role")
    return required(station or person)
