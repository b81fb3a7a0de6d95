"""The addresses of cases and their photos, and the services behind them.

Owns: the table. Must never hold a handler.
"""

from __future__ import annotations

from aiohttp import web

from server.cases import handlers
from server.cases.access import Offered
from server.cases.desk_port import DESK, DeskPort
from server.cases.outcomenews import OUTCOME_NEWS, OutcomeNews
from server.cases.patientcopy import handlers as copy_handlers
from server.cases.photos import handlers as photo_handlers
from server.cases.photos.store import PHOTOS, Photos
from server.cases.reading.lists import CASE_LISTS, CaseLists
from server.cases.store import CASES, Cases
from server.consents.store import CONSENTS
from server.platform.http.keys import CLOCK, DATABASE, SEALING, SETTINGS
from server.trail.trail import TRAIL


def add_cases(app: web.Application, desk: DeskPort, offered: Offered) -> None:
    """Make the services of this area and its routes; ``offered`` as `Cases` takes it."""
    cases = Cases(app[DATABASE], app[TRAIL], app[CONSENTS], app[CLOCK], offered)
    app[CASES] = cases
    app[CASE_LISTS] = CaseLists(app[DATABASE], app[TRAIL], app[CLOCK], app[SEALING])
    app[DESK] = desk
    app[OUTCOME_NEWS] = OutcomeNews(app[DATABASE], desk)
    folder = app[SETTINGS].data_dir / "photos"
    app[PHOTOS] = Photos(app[DATABASE], app[TRAIL], cases, folder, clock=app[CLOCK], keyring=app[SEALING])
    _add_routes(app.router)


def _add_routes(router: web.UrlDispatcher) -> None:
    router.add_post("/api/cases", handlers.open_case)
    router.add_get("/api/cases", handlers.list_cases)
    router.add_get("/api/cases/news", handlers.unread_news)
    router.add_get("/api/cases/owed", handlers.owed_cases)
    router.add_post("/api/cases/search", handlers.find_cases)
    router.add_get("/api/cases/{case_id}", handlers.read_case)
    router.add_get("/api/cases/{case_id}/summary", handlers.read_summary)
    router.add_post("/api/cases/{case_id}/exit", handlers.leave_quickly)
    router.add_post("/api/cases/{case_id}/notes", handlers.write_note)
    router.add_post("/api/cases/{case_id}/transfer", handlers.transfer)
    router.add_post("/api/cases/{case_id}/referrals", handlers.refer)
    router.add_post("/api/cases/{case_id}/outcomes", handlers.report_outcome)
    router.add_post("/api/cases/{case_id}/copy", copy_handlers.make_copy)
    router.add_post("/api/cases/{case_id}/photos", photo_handlers.announce)
    router.add_post("/api/photos/{photo_id}", photo_handlers.write)
    router.add_get("/api/photos/{photo_id}", photo_handlers.read)
