"""The route of the waiting list for coordinators.

Owns: the table of routes. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.calls import Consultations, handlers


def add_calls(app: web.Application, desk: Consultations) -> None:
    """Add the routes of this area."""
    app[handlers.CONSULTATIONS] = desk
    app.router.add_get("/api/waiting", handlers.waiting)
