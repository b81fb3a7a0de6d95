"""The addresses of reports, and the service behind them.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.reports import handlers
from server.reports.store import Reports
from server.services import Services


def add_reports(app: web.Application, own: Services) -> None:
    """Make the service of this area and its routes."""
    app[handlers.REPORTS] = Reports(own.database, own.trail)
    app.router.add_get("/api/reports/activity", handlers.activity)
    app.router.add_get("/api/reports/mediations", handlers.mediations)
    app.router.add_get("/api/reports/links", handlers.links)
