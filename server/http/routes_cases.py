"""The addresses of cases, their photos, and the roster; and the services behind them.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from server.cases.lists import CaseLists
from server.cases.photos import Photos
from server.cases.rosters import Rosters
from server.cases.service import Cases
from server.cases.siterules import Sites
from server.consultations import Consultations
from server.http import api_case_photos, api_cases, api_roster, api_sites
from server.services import Services


def add_cases(app: web.Application, own: Services, desk: Consultations, clock: Callable[[], float]) -> None:
    """Make the services of this area and its routes. ``clock`` gives UTC seconds."""
    cases = Cases(own.database, own.trail, own.consents, clock, desk.is_offered)
    app[api_cases.CASES] = cases
    app[api_cases.CASE_LISTS] = CaseLists(own.database, own.trail, clock)
    app[api_cases.DESK] = desk
    app[api_case_photos.PHOTOS] = Photos(
        own.database, own.trail, cases, own.settings.data_dir / "photos", clock
    )
    app[api_roster.ROSTERS] = Rosters(own.database, own.trail, clock)
    app[api_roster.CLOCK] = clock
    app[api_sites.SITES] = Sites(own.database, own.trail)
    _add_routes(app.router)


def _add_routes(router: web.UrlDispatcher) -> None:
    router.add_post("/api/cases", api_cases.open_case)
    router.add_get("/api/cases", api_cases.list_cases)
    router.add_post("/api/cases/search", api_cases.find_cases)
    router.add_get("/api/cases/{case_id}", api_cases.read_case)
    router.add_get("/api/cases/{case_id}/summary", api_cases.read_summary)
    router.add_post("/api/cases/{case_id}/exit", api_cases.leave_quickly)
    router.add_post("/api/cases/{case_id}/notes", api_cases.write_note)
    router.add_post("/api/cases/{case_id}/transfer", api_cases.transfer)
    router.add_post("/api/cases/{case_id}/referrals", api_cases.refer)
    router.add_post("/api/cases/{case_id}/outcomes", api_cases.report_outcome)
    router.add_post("/api/cases/{case_id}/photos", api_case_photos.announce)
    router.add_post("/api/photos/{photo_id}", api_case_photos.write)
    router.add_get("/api/photos/{photo_id}", api_case_photos.read)
    router.add_get("/api/roster", api_roster.read_roster)
    router.add_post("/api/roster/slots", api_roster.add_slot)
    router.add_post("/api/roster/exceptions", api_roster.add_exception)
    router.add_delete("/api/roster/{entry_id}", api_roster.remove)
    router.add_get("/api/waiting", api_roster.waiting)
    router.add_get("/api/sites", api_sites.sites)
    router.add_get("/api/station/rules", api_sites.own_rules)
    router.add_post("/api/sites/{site_id}/rules", api_sites.change)
