"""The routes of signing in, of accounts and of stations.

Owns: which address is which handler. Who may use it, the handler itself says (server/people/sessions/access.py).
"""

from __future__ import annotations

from aiohttp import web

from server.people.accounts import handlers as api_accounts
from server.people.sessions import handlers as api_sessions
from server.people.signin import handlers as api_session
from server.people.signin import handlers_oidc as api_oidc
from server.people.signin import handlers_steps as api_signin_steps
from server.people.stations import handlers as api_stations
from server.people.stations import handlers_kiosk as api_station


def add_routes(router: web.UrlDispatcher) -> None:
    """Add all of them."""
    router.add_post("/api/session", api_session.sign_in)
    router.add_get("/api/session", api_session.who_am_i)
    router.add_delete("/api/session", api_session.sign_out)
    router.add_post("/api/session/totp", api_signin_steps.prove_totp)
    router.add_post("/api/session/password", api_signin_steps.change_password)
    router.add_post("/api/session/totp-enrolment", api_signin_steps.begin_enrolment)
    router.add_post("/api/session/totp-enrolment/confirmation", api_signin_steps.confirm_enrolment)
    router.add_post("/api/session/proof", api_signin_steps.prove_again)
    router.add_get("/api/sessions", api_sessions.own_sessions)
    router.add_delete("/api/sessions", api_sessions.end_all)
    router.add_delete("/api/sessions/{session_id}", api_sessions.end_one)
    router.add_get("/api/oidc", api_oidc.offered)
    router.add_get("/api/oidc/start", api_oidc.start)
    router.add_get("/api/oidc/callback", api_oidc.callback)
    router.add_get("/api/accounts", api_accounts.everybody)
    router.add_post("/api/accounts", api_accounts.create)
    router.add_put("/api/accounts/{account_id}", api_accounts.change)
    router.add_put("/api/accounts/{account_id}/disabled", api_accounts.set_disabled)
    router.add_post("/api/accounts/{account_id}/reset", api_accounts.reset)
    router.add_put("/api/accounts/{account_id}/provider", api_accounts.link_provider)
    router.add_delete("/api/accounts/{account_id}/provider", api_accounts.unlink_provider)
    router.add_post("/api/station/enrolment", api_station.enrol)
    router.add_get("/api/station", api_station.which_station)
    router.add_get("/api/stations", api_stations.stations)
    router.add_post("/api/stations/codes", api_stations.new_code)
    router.add_delete("/api/stations/{station_id}/enrolment", api_stations.revoke)
