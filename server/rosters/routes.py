"""The addresses of the roster, and the service behind them.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.platform.http.keys import CLOCK, DATABASE
from server.rosters import handlers
from server.rosters.store import ROSTERS, Rosters
from server.trail.trail import TRAIL


def add_rosters(app: web.Application) -> None:
    """Make the service of this area and its routes."""
    app[ROSTERS] = Rosters(app[DATABASE], app[TRAIL], app[CLOCK])
    app.router.add_get("/api/roster", handlers.read_roster)
    app.router.add_post("/api/roster/slots", handlers.add_slot)
    app.router.add_post("/api/roster/exceptions", handlers.add_exception)
    app.router.add_delete("/api/roster/{entry_id}", handlers.remove)
