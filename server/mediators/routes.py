"""The addresses of mediations, and the live part behind them.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.calls import Consultations
from server.mediators import handlers as api_mediators
from server.mediators.live import Mediators
from server.mediators.store import Mediations
from server.services import Services


def add_mediators(app: web.Application, own: Services, desk: Consultations) -> None:
    """Make the services of this area and its routes."""
    mediations = Mediations(own.database, own.trail, own.consents, own.clock)
    live = Mediators(desk.state, desk.turns, mediations)
    desk.carry_out(live.handlers)
    app[api_mediators.MEDIATIONS] = mediations
    app[api_mediators.MEDIATORS] = live
    app.router.add_get("/api/mediators", api_mediators.find)
    app.router.add_get("/api/mediations", api_mediators.own_mediations)
    app.router.add_post("/api/mediations/{mediation_id}/report", api_mediators.report)
