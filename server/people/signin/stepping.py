"""Going on with a sign-in: the answer that all its steps share, and the check that a step is the one that is due.

Owns: that answer (who this is, 200; or which step is due, ``{"next": ...}``, 202), and the new token that every
step gives the session. Must never check a password or a code.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.people.acting import by
from server.people.errors import OutOfOrder
from server.people.principal import Principal
from server.people.sessions.cookies import get_cookie, person_cookie, set_cookie
from server.people.sessions.steps import Factor, Step
from server.people.sessions.store import SESSIONS, Standing
from server.people.sessions.who import standing_of
from server.people.signin.devices import DEVICES, device_cookie, set_device_cookie
from server.platform.http.bodies import json_response
from server.platform.http.errors import ApiError
from server.platform.http.guests import GUESTS
from server.platform.http.keys import DATABASE, SETTINGS
from server.trail.acts import Act
from server.trail.trail import TRAIL


class Me(msgspec.Struct, frozen=True):
    """Who is signed in, or which station this is."""

    participant_id: str
    name: str
    role: str
    site: str


class Due(msgspec.Struct, frozen=True, omit_defaults=True):
    """The sign-in is not whole yet: what the page has to ask for, and in which ways it can be answered."""

    next: Step
    ways: list[Factor] = []


def me(principal: Principal) -> Me:
    """A principal as its own page sees it."""
    return Me(principal.participant_id, principal.name, principal.role.value, principal.site)


def due(found: Standing) -> Due:
    """What is due in a session that is not whole. Raises OutOfOrder when it is."""
    if found.step is None:
        raise OutOfOrder
    return Due(found.step, found.ways if found.step is Step.SECOND_FACTOR else [])


async def at_step(request: web.Request, step: Step) -> Standing:
    """The session of this browser, if this step is due in it. Raises ApiError 401, OutOfOrder."""
    found = await signed_in_so_far(request)
    if found.step is not step:
        raise OutOfOrder
    return found


async def signed_in_so_far(request: web.Request) -> Standing:
    """The session of this browser, however far it has come. Raises ApiError 401."""
    found = await standing_of(request)
    if found is None:
        raise ApiError(401, "not_signed_in")
    return found


async def renewed(
    request: web.Request, before: Standing, *, second_factor: bool = False, proven: bool = False
) -> web.Response:
    """The answer to a step that was taken, under a new token. ``before``: the session until then."""
    token = await request.app[SESSIONS].renew(token_of(request), second_factor=second_factor, proven=proven)
    return await went_on(request, token, signs_in=before.step is not None)


def token_of(request: web.Request) -> str:
    """The token of this browser. Raises ApiError 401."""
    token = get_cookie(request, person_cookie(request))
    if token is None:
        raise ApiError(401, "not_signed_in")
    return token


async def is_in(request: web.Request, principal: Principal) -> None:
    """A sign-in is whole, by whatever way: it is on the trail, and the network is known."""
    async with request.app[DATABASE].begin() as db:
        await request.app[TRAIL].record(db, by(principal).did(Act.SIGNED_IN))
    request.app[GUESTS].known(request, request.remote or "")


async def went_on(request: web.Request, token: str, *, signs_in: bool = True) -> web.Response:
    """The answer to a step that was taken: the new cookie, and who this is or what is due now.

    ``signs_in``: not whoever changes something in a session that was whole already.
    """
    app = request.app
    found = await app[SESSIONS].standing(token)
    if found is None:
        raise ApiError(401, "not_signed_in")
    if found.step is not None:
        response = json_response(due(found), status=202)
    else:
        if signs_in:
            await is_in(request, found.principal)
        response = json_response(me(found.principal))
    set_cookie(request, response, person_cookie(request), token, max_age_s=None)
    if found.step is None:
        known = device_cookie(request, app[SETTINGS])
        known = app[DEVICES].with_account(known, found.principal.participant_id)
        set_device_cookie(request, response, known, app[SETTINGS])
    return response
