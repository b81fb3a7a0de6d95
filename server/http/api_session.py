"""POST, GET and DELETE /api/session: signing in, asking who is signed in, signing out.

Owns: these three. A new sign-in always gets a new token and ends the session the browser had before.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.auth.accounts import LOGIN_MAX_CHARS, PASSWORD_MAX_CHARS
from server.auth.principal import Principal
from server.http.bodies import json_response, read_json
from server.http.cookies import PERSON, clear_cookie, get_cookie, set_cookie
from server.http.origin import client_address
from server.http.who import person_of, required
from server.metrics import SIGN_IN_REFUSALS
from server.services import HUB, services


class SignIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a person types."""

    login: Annotated[str, msgspec.Meta(min_length=1, max_length=LOGIN_MAX_CHARS)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=PASSWORD_MAX_CHARS)]


class Me(msgspec.Struct, frozen=True):
    """Who is signed in, or which station this is."""

    participant_id: str
    name: str
    role: str
    site: str


def me(principal: Principal) -> Me:
    """A principal as its own page sees it."""
    return Me(principal.participant_id, principal.name, principal.role.value, principal.site)


async def sign_in(request: web.Request) -> web.Response:
    """Check login and password; answer who this is, with a new session cookie."""
    own = services(request)
    typed = await read_json(request, SignIn)
    with SIGN_IN_REFUSALS.labels(kind="person").count_exceptions():
        account_id = await own.accounts.check(
            typed.login, typed.password, client_address(request, own.settings)
        )
    previous = get_cookie(request, PERSON, own.settings)
    if previous:
        await own.sessions.end(previous)
    token = await own.sessions.open_for_account(account_id)
    response = json_response(me(required(await own.sessions.account(token))))
    set_cookie(response, PERSON, token, own.settings, max_age_s=None)
    return response


async def who_am_i(request: web.Request) -> web.Response:
    """Answer who is signed in, or 401."""
    return json_response(me(required(await person_of(request))))


async def sign_out(request: web.Request) -> web.Response:
    """End the session on the server, its socket with it, and let the browser forget it."""
    own = services(request)
    principal = await person_of(request)
    token = get_cookie(request, PERSON, own.settings)
    if token:
        await own.sessions.end(token)
    if principal is not None:
        own.tickets.revoke(principal.participant_id)
        await request.app[HUB].sign_out(principal.participant_id)
    response = web.Response(status=204)
    clear_cookie(response, PERSON, own.settings)
    return response
