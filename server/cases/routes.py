"""The addresses of cases and their photos, and the services behind them.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from server.calls import Consultations
from server.cases import handlers
from server.cases.lists import CaseLists
from server.cases.photos import handlers as photo_handlers
from server.cases.photos.store import Photos
from server.cases.store import Cases
from server.services import Services


def add_cases(app: web.Application, own: Services, desk: Consultations, clock: Callable[[], float]) -> None:
    """Make the services of this area and its routes. ``clock`` gives UTC seconds."""
    cases = Cases(own.database, own.trail, own.consents, clock, desk.is_offered)
    app[handlers.CASES] = cases
    app[handlers.CASE_LISTS] = CaseLists(own.database, own.trail, clock)
    app[handlers.DESK] = desk
    app[photo_handlers.PHOTOS] = Photos(
        own.database, own.trail, cases, own.settings.data_dir / "photos", clock
    )
    _add_routes(app.router)


def _add_routes(router: web.UrlDispatcher) -> None:
    router.add_post("/api/cases", handlers.open_case)
    router.add_get("/api/cases", handlers.list_cases)
    router.add_post("/api/cases/search", handlers.find_cases)
    router.add_get("/api/cases/{case_id}", handlers.read_case)
    router.add_get("/api/cases/{case_id}/summary", handlers.read_summary)
    router.add_post("/api/cases/{case_id}/exit", handlers.leave_quickly)
    router.add_post("/api/cases/{case_id}/notes", handlers.write_note)
    router.add_post("/api/cases/{case_id}/transfer", handlers.transfer)
    router.add_post("/api/cases/{case_id}/referrals", handlers.refer)
    router.add_post("/api/cases/{case_id}/outcomes", handlers.report_outcome)
    router.add_post("/api/cases/{case_id}/photos", photo_handlers.announce)
    router.add_post("/api/photos/{photo_id}", photo_handlers.write)
    router.add_get("/api/photos/{photo_id}", photo_handlers.read)
