"""The routes of the reports, and their service.

Owns: the table of routes. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.platform.http.keys import CLOCK, DATABASE
from server.reports import handlers
from server.reports.store import REPORTS, Reports
from server.trail.trail import TRAIL


def add_reports(app: web.Application) -> None:
    """Add the service of the reports and its routes."""
    app[REPORTS] = Reports(app[DATABASE], app[TRAIL], app[CLOCK])
    app.router.add_get("/api/reports/activity", handlers.activity)
    app.router.add_get("/api/reports/mediations", handlers.mediations)
    app.router.add_get("/api/reports/links", handlers.links)
