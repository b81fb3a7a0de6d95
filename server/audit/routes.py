"""The routes of the auditor's handlers, and their service.

Owns: the table of routes. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.audit import handlers
from server.audit.inspection import INSPECTIONS, Inspections
from server.platform.http.keys import CLOCK, DATABASE, SETTINGS
from server.trail.trail import TRAIL


def add_audit(app: web.Application) -> None:
    """Add the auditor's service and its routes."""
    inspections = Inspections(app[DATABASE], app[TRAIL], app[SETTINGS], app[CLOCK])
    app[INSPECTIONS] = inspections

    async def stop(_: web.Application) -> None:
        await inspections.stop()

    app.on_cleanup.append(stop)
    app.router.add_get("/api/audit/entries", handlers.entries)
    app.router.add_get("/api/audit/export", handlers.export)
    app.router.add_get("/api/audit/verification", handlers.verification)
    app.router.add_post("/api/audit/verification", handlers.verify)
