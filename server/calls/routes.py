"""The address of what coordinators see of the calls.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.calls import handlers
from server.services import Services


def add_calls(app: web.Application, own: Services) -> None:
    """Make the routes of this area."""
    app[handlers.CLOCK] = own.clock
    app.router.add_get("/api/waiting", handlers.waiting)
