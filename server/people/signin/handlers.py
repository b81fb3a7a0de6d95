"""POST, GET and DELETE /api/session: signing in, asking who is signed in, signing out.

Owns: these three, and the answer that all steps of signing in share: who this is, or which step is due
(``{"next": ...}``, 202). A new sign-in always gets a new token and ends the session the browser had before.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.people.acting import by
from server.people.principal import Principal
from server.people.sessions.access import open_to_all
from server.people.sessions.cookies import (
    clear_cookie,
    get_cookie,
    person_cookie,
    set_cookie,
)
from server.people.sessions.device import device_words
from server.people.sessions.live import shut_out
from server.people.sessions.steps import Step
from server.people.sessions.store import SESSIONS
from server.people.sessions.who import standing_of
from server.people.signin.credentials import CREDENTIALS, LOGIN_MAX_CHARS
from server.people.signin.devices import DEVICES, device_cookie, set_device_cookie
from server.people.signin.passwords import MAX_CHARS
from server.people.signin.refusals import noted
from server.platform.http.bodies import json_response, read_json
from server.platform.http.errors import ApiError
from server.platform.http.guests import GUESTS
from server.platform.http.keys import DATABASE, SETTINGS
from server.platform.http.origin import client_address
from server.trail.acts import Act
from server.trail.refused import Way
from server.trail.trail import TRAIL


class SignIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a person types."""

    login: Annotated[str, msgspec.Meta(min_length=1, max_length=LOGIN_MAX_CHARS)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CHARS)]


class Me(msgspec.Struct, frozen=True):
    """Who is signed in, or which station this is."""

    participant_id: str
    name: str
    role: str
    site: str


class Due(msgspec.Struct, frozen=True):
    """The sign-in is not whole yet: what the page has to ask for."""

    next: Step


def me(principal: Principal) -> Me:
    """A principal as its own page sees it."""
    return Me(principal.participant_id, principal.name, principal.role.value, principal.site)


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
        return json_response(Due(found.step), status=202)
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


async def is_in(request: web.Request, principal: Principal) -> None:
    """A sign-in is whole, by whatever way: it is on the trail, and the network is known."""
    async with request.app[DATABASE].begin() as db:
        await request.app[TRAIL].record(db, by(principal).did(Act.SIGNED_IN))
    request.app[GUESTS].known(request, request.remote or "")


async def went_on(request: web.Request, token: str, *, whole_before: bool = False) -> web.Response:
    """The answer to a step that was taken: the new cookie, and who this is or what is due now.

    ``whole_before``: it was no step of signing in, because the sign-in was whole already.
    """
    app = request.app
    found = await app[SESSIONS].standing(token)
    if found is None:
        raise ApiError(401, "not_signed_in")
    if found.step is not None:
        response = json_response(Due(found.step), status=202)
    else:
        if not whole_before:
            await is_in(request, found.principal)
        response = json_response(me(found.principal))
    set_cookie(request, response, person_cookie(request), token, max_age_s=None)
    if found.step is None:
        known = device_cookie(request, app[SETTINGS])
        known = app[DEVICES].with_account(known, found.principal.participant_id)
        set_device_cookie(request, response, known, app[SETTINGS])
    return response
