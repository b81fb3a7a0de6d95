"""The addresses of consents, and the services behind them.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.consents import handlers
from server.consents.endings import ENDINGS, Endings
from server.consents.ports import CONSENTED, CallsPort, CasesPort, MediatorsPort
from server.consents.store import CONSENTS


def add_consents(app: web.Application, cases: CasesPort, calls: CallsPort, mediators: MediatorsPort) -> None:
    """Make the routes of this area. ``calls`` and ``mediators`` are told what ends."""
    app[CONSENTED] = cases
    app[CONSENTS].when_over(cases.end_parts)
    app[ENDINGS] = Endings(cases, calls, mediators)
    app.router.add_post("/api/cases/{case_id}/consents", handlers.record)
    app.router.add_get("/api/cases/{case_id}/consents", handlers.answers)
    app.router.add_post("/api/cases/{case_id}/consents/withdrawal", handlers.withdraw)
