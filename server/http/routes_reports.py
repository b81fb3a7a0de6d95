"""The addresses of reports and of the auditor's view of the trail, and the services behind them.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.audit.inspection import Inspections
from server.http import api_audit, api_reports
from server.reports.service import Reports
from server.services import Services


def add_reports(app: web.Application, own: Services) -> None:
    """Make the services of this area and its routes."""
    app[api_reports.REPORTS] = Reports(own.database, own.trail)
    inspections = Inspections(own.database, own.trail, own.settings, own.clock)
    app[api_audit.INSPECTIONS] = inspections

    async def stop(_: web.Application) -> None:
        await inspections.stop()

    app.on_cleanup.append(stop)
    router = app.router
    router.add_get("/api/reports/activity", api_reports.activity)
    router.add_get("/api/reports/mediations", api_reports.mediations)
    router.add_get("/api/reports/links", api_reports.links)
    router.add_get("/api/audit/entries", api_audit.entries)
    router.add_get("/api/audit/export", api_audit.export)
    router.add_get("/api/audit/verification", api_audit.verification)
    router.add_post("/api/audit/verification", api_audit.verify)
