"""The addresses of the socket: the ticket for it, and the socket itself.

Owns: the table, and whose pages may connect. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.people.sessions.cookies import STATION, get_cookie
from server.people.sessions.store import SESSIONS
from server.people.sessions.tickets import TICKETS
from server.people.sessions.who import people_of
from server.platform.http.guests import GUESTS
from server.platform.http.keys import SETTINGS
from server.platform.http.origin import client_address
from server.sockets import handlers
from server.sockets.greetings import Newcomer
from server.sockets.hub import HUB
from server.sockets.ws import make_websocket_handler


def add_sockets(app: web.Application) -> None:
    """Make the routes of this area; the hub stands in the application already."""
    door = make_websocket_handler(app[HUB], app[TICKETS], app[SETTINGS], who)
    app.router.add_post("/api/ticket", handlers.new_ticket)
    app.router.add_get("/ws", door)


async def who(request: web.Request) -> Newcomer:
    """Whose cookie came with a request for a socket: enough to be let in before strangers, and for nothing else."""
    settings, sessions = request.app[SETTINGS], request.app[SESSIONS]
    address = client_address(request, settings)
    # The socket's request cannot say of which page it is.
    found = next(iter(await people_of(request)), None)
    if found is None and (station := get_cookie(request, STATION)):
        standing = await sessions.station(station)
        found = standing.principal if standing is not None else None
    if found is None:
        return Newcomer(address)
    request.app[GUESTS].known(request, request.remote or "")
    return Newcomer(address, found.participant_id)
