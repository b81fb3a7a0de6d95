"""An own password, and proving it again later.

    POST /api/session/password                  {"password"}  an own password instead of the one-time one
    POST /api/session/proof                     {"password"}  before a sensitive act

Owns: these, each only when it is due. Every step that is taken gives the session a new token.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.people.errors import OutOfOrder
from server.people.principal import Principal
from server.people.sessions.access import needs, open_to_all
from server.people.sessions.cookies import person_cookie, set_cookie
from server.people.sessions.permissions import Action
from server.people.sessions.steps import Step
from server.people.sessions.store import SESSIONS
from server.people.signin.credentials import CREDENTIALS
from server.people.signin.passwords import MAX_CHARS
from server.people.signin.refusals import noted
from server.people.signin.stepping import renewed, signed_in_so_far, token_of
from server.platform.http.bodies import read_json
from server.trail.refused import Way

Password = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CHARS)]


class NewPassword(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A password to be; ``current`` when it is changed by choice."""

    password: Password
    current: Password | None = None


class TypedPassword(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The password once more."""

    password: Password


@open_to_all("it is a step of signing in")
async def change_password(request: web.Request) -> web.Response:
    """Take an own password: because it is due, or by choice with the current one."""
    found = await signed_in_so_far(request)
    app = request.app
    typed = await read_json(request, NewPassword)
    principal = found.principal
    if found.step is None and typed.current is not None:
        with noted(request, Way.AGAIN, principal.participant_id):
            await app[CREDENTIALS].check_again(principal.participant_id, typed.current)
    elif found.step is not Step.NEW_PASSWORD:
        raise OutOfOrder
    await app[CREDENTIALS].change_password(
        principal.participant_id, typed.password, session_id=principal.session_id
    )
    return await renewed(request, found, proven=True)


@needs(Action.KEEP_OWN_ACCOUNT)
async def prove_again(request: web.Request, principal: Principal) -> web.Response:
    """Take the password once more; sensitive acts are open for a while."""
    app = request.app
    typed = await read_json(request, TypedPassword)
    with noted(request, Way.AGAIN, principal.participant_id):
        await app[CREDENTIALS].check_again(principal.participant_id, typed.password)
    response = web.Response(status=204)
    token = await app[SESSIONS].renew(token_of(request), proven=True)
    set_cookie(request, response, person_cookie(request), token, max_age_s=None)
    return response
