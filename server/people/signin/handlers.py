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
    PERSON,
    clear_cookie,
    get_cookie,
    set_cookie,
)
from server.people.sessions.device import device_words
from server.people.sessions.steps import Step
from server.people.sessions.who import standing_of
from server.people.signin.credentials import LOGIN_MAX_CHARS
from server.people.signin.passwords import MAX_CHARS
from server.platform.http.bodies import json_response, read_json
from server.platform.http.errors import ApiError
from server.platform.http.origin import client_address
from server.platform.metrics import SIGN_IN_REFUSALS
from server.services import HUB, services
from server.trail.acts import Act


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
    own = services(request)
    typed = await read_json(request, SignIn)
    with SIGN_IN_REFUSALS.labels(kind="person").count_exceptions():
        account_id = await own.accounts.check(
            typed.login, typed.password, client_address(request, own.settings)
        )
    previous = get_cookie(request, PERSON, own.settings)
    if previous:
        await own.sessions.end(previous)
    token = await own.sessions.open_for_account(
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
    """End the session on the server, its socket with it, and let the browser forget it."""
    own = services(request)
    found = await standing_of(request)
    token = get_cookie(request, PERSON, own.settings)
    if token:
        await own.sessions.end(token)
    if found is not None:
        principal = found.principal
        async with own.database.begin() as db:
            await own.trail.record(db, by(principal).did(Act.SIGNED_OUT))
        own.tickets.revoke(principal.participant_id)
        await request.app[HUB].sign_out(principal.participant_id)
    response = web.Response(status=204)
    clear_cookie(response, PERSON, own.settings)
    return response


async def went_on(request: web.Request, token: str) -> web.Response:
    """The answer to a step that was taken: the new cookie, and who this is or what is due now."""
    own = services(request)
    found = await own.sessions.standing(token)
    if found is None:
        raise ApiError(401, "not_signed_in")
    if found.step is not None:
        response = json_response(Due(found.step), status=202)
    else:
        async with own.database.begin() as db:
            await own.trail.record(db, by(found.principal).did(Act.SIGNED_IN))
        response = json_response(me(found.principal))
    set_cookie(response, PERSON, token, own.settings, max_age_s=None)
    return response
