"""POST, GET and DELETE /api/session: signing in, asking who is signed in, signing out.

Owns: these three. A new sign-in always gets a new token and ends the session the browser had before.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.people.acting import by
from server.people.sessions.access import open_to_all
from server.people.sessions.cookies import (
    clear_cookie,
    get_cookie,
    person_cookie,
)
from server.people.sessions.device import device_words
from server.people.sessions.live import shut_out
from server.people.sessions.store import SESSIONS
from server.people.sessions.who import standing_of
from server.people.signin.credentials import CREDENTIALS, LOGIN_MAX_CHARS
from server.people.signin.devices import device_cookie
from server.people.signin.passwords import MAX_CHARS
from server.people.signin.refusals import noted
from server.people.signin.stepping import due, me, went_on
from server.platform.http.bodies import json_response, read_json
from server.platform.http.errors import ApiError
from server.platform.http.keys import DATABASE, SETTINGS
from server.platform.http.origin import client_address
from server.trail.acts import Act
from server.trail.refused import Way
from server.trail.trail import TRAIL


class SignIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a person types."""

    login: Annotated[str, msgspec.Meta(min_length=1, max_length=LOGIN_MAX_CHARS)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CHARS)]


@open_to_all("it is how one signs in")
async def sign_in(request: web.Request) -> web.Response:
    """Check login and password; answer who this is or what is due, with a new session cookie."""
    app = request.app
    typed = await read_json(request, SignIn)
    with noted(request, Way.PERSON):
        account_id = await app[CREDENTIALS].check(
            typed.login,
            typed.password,
            client_address(request, app[SETTINGS]),
            device_cookie(request, app[SETTINGS]),
        )
    previous = get_cookie(request, person_cookie(request))
    if previous:
        await app[SESSIONS].end(previous)
    token = await app[SESSIONS].open_for_account(
        account_id, device=device_words(request.headers.get("User-Agent", ""))
    )
    return await went_on(request, token)


@open_to_all("a page asks whether somebody is signed in")
async def who_am_i(request: web.Request) -> web.Response:
    """Answer who is signed in, what is still due, or 401."""
    found = await standing_of(request)
    if found is None:
        raise ApiError(401, "not_signed_in")
    if found.step is not None:
        return json_response(due(found), status=202)
    return json_response(me(found.principal))


@open_to_all("signing out always works")
async def sign_out(request: web.Request) -> web.Response:
    """End the session on the server, its socket and its call with it, and let the browser forget it."""
    app = request.app
    found = await standing_of(request)
    token = get_cookie(request, person_cookie(request))
    if token:
        await app[SESSIONS].end(token)
    if found is not None:
        principal = found.principal
        async with app[DATABASE].begin() as db:
            await app[TRAIL].record(db, by(principal).did(Act.SIGNED_OUT))
        # Only what came with this sign-in: a call on another page of this person goes on.
        await shut_out(request, principal.participant_id, principal.session_id)
    response = web.Response(status=204)
    clear_cookie(request, response, person_cookie(request))
    return response
