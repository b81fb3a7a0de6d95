"""The addresses of signing in, of accounts and of stations.

Owns: the table. Must never hold a handler, nor say who may use one: the door does
(server/people/sessions/access.py).
"""

from __future__ import annotations

from aiohttp import web

from server.people.accounts import handlers as accounts
from server.people.factors import handlers as factors
from server.people.factors import handlers_own as own_factors
from server.people.services import add_services
from server.people.sessions import answers
from server.people.sessions import handlers as sessions
from server.people.signin import handlers as signin
from server.people.signin import handlers_steps as steps
from server.people.signin.oidc import handlers as oidc
from server.people.stations import handlers as stations
from server.people.stations import handlers_kiosk as kiosk
from server.people.stations import handlers_pin as pins


def add_people(app: web.Application) -> None:
    """Make the services of this area and its routes."""
    add_services(app)
    router = app.router
    router.add_get(kiosk.PAGE, kiosk.page)
    router.add_post("/api/session", signin.sign_in)
    router.add_get("/api/session", signin.who_am_i)
    router.add_delete("/api/session", signin.sign_out)
    router.add_post("/api/session/password", steps.change_password)
    router.add_post("/api/session/proof", steps.prove_again)
    router.add_get("/api/sessions", sessions.own_sessions)
    router.add_delete("/api/sessions", sessions.end_all)
    router.add_delete("/api/sessions/{session_id}", sessions.end_one)
    router.add_post("/api/answers", answers.ask)
    router.add_post("/api/session/totp", factors.prove_totp)
    router.add_post("/api/session/recovery", factors.use_recovery_code)
    router.add_post("/api/session/passkey", factors.begin_passkey)
    router.add_post("/api/session/passkey/confirmation", factors.prove_passkey)
    router.add_post("/api/session/totp-enrolment", factors.begin_enrolment)
    router.add_post("/api/session/totp-enrolment/confirmation", factors.confirm_enrolment)
    router.add_post("/api/session/passkey-enrolment", factors.begin_passkey_enrolment)
    router.add_post("/api/session/passkey-enrolment/confirmation", factors.confirm_passkey_enrolment)
    router.add_get("/api/second-factors", own_factors.own_factors)
    router.add_delete("/api/second-factors/telephone", own_factors.remove_telephone)
    router.add_delete("/api/second-factors/passkeys/{passkey_id}", own_factors.remove_passkey)
    router.add_post("/api/second-factors/recovery-codes", own_factors.new_recovery_codes)
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
    router.add_post("/api/stations/{station_id}/pin", pins.new_pin)
    router.add_delete("/api/stations/{station_id}/pin", pins.remove_pin)
    router.add_get("/api/station/pin", pins.pin_state)
    router.add_post("/api/station/pin", pins.unlock)
    router.add_delete("/api/station/pin", pins.lock)
