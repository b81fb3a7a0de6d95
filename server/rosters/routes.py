"""The addresses of the roster, and the service behind them.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.rosters import handlers
from server.rosters.store import Rosters
from server.services import Services


def add_rosters(app: web.Application, own: Services) -> None:
    """Make the service of this area and its routes."""
    app[handlers.ROSTERS] = Rosters(own.database, own.trail, own.clock)
    app.router.add_get("/api/roster", handlers.read_roster)
    app.router.add_post("/api/roster/slots", handlers.add_slot)
    app.router.add_post("/api/roster/exceptions", handlers.add_exception)
    app.router.add_delete("/api/roster/{entry_id}", handlers.remove)
