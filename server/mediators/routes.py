"""The addresses of mediations, and the live part behind them.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.calls import Consultations
from server.consents.store import CONSENTS
from server.mediators import handlers
from server.mediators.live import Mediators
from server.mediators.store import MEDIATIONS, Mediations
from server.platform.http.keys import CLOCK, DATABASE
from server.trail.trail import TRAIL


def add_mediators(app: web.Application, desk: Consultations) -> Mediators:
    """Make the services of this area and its routes; gives the live part."""
    mediations = Mediations(app[DATABASE], app[TRAIL], app[CONSENTS], app[CLOCK])
    live = Mediators(desk.state, desk.turns, mediations)
    desk.carry_out(live.handlers)
    app[MEDIATIONS] = mediations
    app[handlers.MEDIATORS] = live
    app.router.add_get("/api/mediators", handlers.find)
    app.router.add_get("/api/mediations", handlers.own_mediations)
    app.router.add_post("/api/mediations/{mediation_id}/report", handlers.report)
    return live
