"""The addresses of the socket: the ticket for it, and the socket itself.

Owns: the table, and whose pages may connect. Must never hold a handler.
"""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from server.people.sessions.tickets import TICKETS
from server.platform.http.keys import SETTINGS
from server.sockets import handlers
from server.sockets.hub import HUB
from server.sockets.ws import make_websocket_handler


def add_sockets(app: web.Application) -> None:
    """Make the routes of this area; the hub stands in the application already."""
    settings = app[SETTINGS]
    origins = settings.allowed_origins
    if settings.public_url:
        # A proxy may hand on another Host than the one people typed.
        origins = (*origins, settings.public_url)
    door = make_websocket_handler(app[HUB], app[TICKETS], replace(settings, allowed_origins=origins))
    app.router.add_post("/api/ticket", handlers.new_ticket)
    app.router.add_get("/ws", door)
