"""The addresses of what sites have decided, and the service behind them.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.platform.http.keys import DATABASE
from server.sites import handlers
from server.sites.store import SITES, Sites
from server.trail.trail import TRAIL


def add_sites(app: web.Application) -> None:
    """Make the service of this area and its routes."""
    app[SITES] = Sites(app[DATABASE], app[TRAIL])
    app.router.add_get("/api/sites", handlers.sites)
    app.router.add_get("/api/station/rules", handlers.own_rules)
    app.router.add_post("/api/sites/{site_id}/rules", handlers.change)
