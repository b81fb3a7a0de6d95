"""The steps between a right password and a whole session, and proving it again later.

    POST /api/session/totp                      {"code"}      the six digits of now
    POST /api/session/password                  {"password"}  an own password instead of the one-time one
    POST /api/session/totp-enrolment                          a new secret, as text and as QR code
    POST /api/session/totp-enrolment/confirmation {"code"}    its first digits
    POST /api/session/proof                     {"password"}  before a sensitive act

Owns: these, each only when it is due. Every step that is taken gives the session a new token. Must never repeat
a secret once it is confirmed.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.people.errors import OutOfOrder
from server.people.principal import Principal
from server.people.sessions.access import needs, open_to_all
from server.people.sessions.cookies import get_cookie, person_cookie, set_cookie
from server.people.sessions.permissions import Action
from server.people.sessions.steps import Step
from server.people.sessions.store import SESSIONS, Standing
from server.people.sessions.who import standing_of
from server.people.signin import totp
from server.people.signin.credentials import CREDENTIALS
from server.people.signin.handlers import went_on
from server.people.signin.passwords import MAX_CHARS
from server.people.signin.refusals import noted
from server.people.signin.secondfactors import SECOND_FACTORS
from server.platform.http.bodies import json_response, read_json
from server.platform.http.errors import ApiError
from server.trail.refused import Way

Password = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CHARS)]


class TypedCode(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Six digits, however they are spaced."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=totp.TYPED_MAX_CHARS)]


class NewPassword(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A password to be; ``current`` when it is changed by choice."""

    password: Password
    current: Password | None = None


class TypedPassword(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The password once more."""

    password: Password


class QrCode(msgspec.Struct, frozen=True):
    """The path of an SVG of ``size`` by ``size`` modules."""

    size: int
    path: str


class Enrolment(msgspec.Struct, frozen=True):
    """What an authenticator app needs, in the three ways it can be handed over."""

    secret: str
    uri: str
    qr: QrCode


@open_to_all("it is a step of signing in")
async def prove_totp(request: web.Request) -> web.Response:
    """Take the digits of now."""
    found = await _due(request, Step.TOTP)
    typed = await read_json(request, TypedCode)
    with noted(request, Way.TOTP, found.principal.participant_id):
        await request.app[SECOND_FACTORS].prove(found.principal.participant_id, typed.code)
    return await _renewed(request, second_factor=True)


@open_to_all("it is a step of signing in")
async def change_password(request: web.Request) -> web.Response:
    """Take an own password: because it is due, or by choice with the current one."""
    found = await standing_of(request)
    if found is None:
        raise ApiError(401, "not_signed_in")
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
    return await _renewed(request, proven=True, whole_before=found.step is None)


@open_to_all("it is a step of signing in")
async def begin_enrolment(request: web.Request) -> web.Response:
    """Give a new secret; it counts once its digits have been seen."""
    found = await _due(request, Step.ENROL_TOTP)
    secret, login = await request.app[SECOND_FACTORS].begin(found.principal.participant_id)
    uri = totp.uri(secret, login)
    return json_response(Enrolment(secret, uri, QrCode(*totp.qr_path(uri))))


@open_to_all("it is a step of signing in")
async def confirm_enrolment(request: web.Request) -> web.Response:
    """Take the first digits of a new second factor."""
    found = await _due(request, Step.ENROL_TOTP)
    typed = await read_json(request, TypedCode)
    with noted(request, Way.TOTP, found.principal.participant_id):
        await request.app[SECOND_FACTORS].confirm(found.principal.participant_id, typed.code)
    return await _renewed(request, second_factor=True)


@needs(Action.KEEP_OWN_ACCOUNT)
async def prove_again(request: web.Request, principal: Principal) -> web.Response:
    """Take the password once more; sensitive acts are open for a while."""
    app = request.app
    typed = await read_json(request, TypedPassword)
    with noted(request, Way.AGAIN, principal.participant_id):
        await app[CREDENTIALS].check_again(principal.participant_id, typed.password)
    response = web.Response(status=204)
    token = await app[SESSIONS].renew(_token(request), proven=True)
    set_cookie(request, response, person_cookie(request), token, max_age_s=None)
    return response


async def _due(request: web.Request, step: Step) -> Standing:
    found = await standing_of(request)
    if found is None:
        raise ApiError(401, "not_signed_in")
    if found.step is not step:
        raise OutOfOrder
    return found


async def _renewed(
    request: web.Request, *, second_factor: bool = False, proven: bool = False, whole_before: bool = False
) -> web.Response:
    token = await request.app[SESSIONS].renew(_token(request), second_factor=second_factor, proven=proven)
    return await went_on(request, token, whole_before=whole_before)


def _token(request: web.Request) -> str:
    token = get_cookie(request, person_cookie(request))
    if token is None:
        raise ApiError(401, "not_signed_in")
    return token
