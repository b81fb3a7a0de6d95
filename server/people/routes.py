"""The addresses of signing in, of accounts and of stations.

Owns: the table. Must never hold a handler, nor say who may use one: the door does
(server/people/sessions/access.py).
"""

from __future__ import annotations

from aiohttp import web

from server.people.accounts import handlers as accounts
from server.people.services import add_services
from server.people.sessions import answers
from server.people.sessions import handlers as sessions
from server.people.signin import handlers as signin
from server.people.signin import handlers_steps as steps
from server.people.signin.oidc import handlers as oidc
from server.people.stations import handlers as stations
from server.people.stations import handlers_kiosk as kiosk


def add_people(app: web.Application) -> None:
    """Make the services of this area and its routes."""
    add_services(app)
    router = app.router
    router.add_get(kiosk.PAGE, kiosk.page)
    router.add_post("/api/session", signin.sign_in)
    router.add_get("/api/session", signin.who_am_i)
    router.add_delete("/api/session", signin.sign_out)
    router.add_post("/api/session/totp", steps.prove_totp)
    router.add_post("/api/session/password", steps.change_password)
    router.add_post("/api/session/totp-enrolment", steps.begin_enrolment)
    router.add_post("/api/session/totp-enrolment/confirmation", steps.confirm_enrolment)
    router.add_post("/api/session/proof", steps.prove_again)
    router.add_get("/api/sessions", sessions.own_sessions)
    router.add_delete("/api/sessions", sessions.end_all)
    router.add_delete("/api/sessions/{session_id}", sessions.end_one)
    router.add_post("/api/answers", answers.ask)
    router.add_get("/api/oidc", oidc.offered)
    router.add_get("/api/oidc/start", oidc.start)
    router.add_get("/api/oidc/callback", oidc.callback)
    router.add_get("/api/accounts", accounts.everybody)
    router.add_post("/api/accounts", accounts.create)
    router.add_put("/api/accounts/{account_id}", accounts.change)
    router.add_put("/api/accounts/{account_id}/disabled", accounts.set_disabled)
    router.add_post("/api/accounts/{account_id}/reset", accounts.reset)
    router.add_put("/api/accounts/{account_id}/provider", accounts.link_provider)
    router.add_delete("/api/accounts/{account_id}/provider", accounts.unlink_provider)
    router.add_post("/api/station/enrolment", kiosk.enrol)
    router.add_get("/api/station", kiosk.which_station)
    router.add_get("/api/stations", stations.stations)
    router.add_post("/api/stations/codes", stations.new_code)
    router.add_delete("/api/stations/{station_id}/enrolment", stations.revoke)
