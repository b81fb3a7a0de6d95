"""The address of what coordinators see of the calls.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.calls import Consultations, handlers


def add_calls(app: web.Application, desk: Consultations) -> None:
    """Make the routes of this area."""
    app[handlers.CONSULTATIONS] = desk
    app.router.add_get("/api/waiting", handlers.waiting)
