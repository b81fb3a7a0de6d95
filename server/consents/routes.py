"""The addresses of consents.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.consents import handlers as api_consents


def add_routes(router: web.UrlDispatcher) -> None:
    """Add all of them."""
    router.add_post("/api/cases/{case_id}/consents", api_consents.record)
    router.add_get("/api/cases/{case_id}/consents", api_consents.answers)
    router.add_post("/api/cases/{case_id}/consents/withdrawal", api_consents.withdraw)
