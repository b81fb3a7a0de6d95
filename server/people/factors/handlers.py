"""Proving the second factor while signing in, and connecting one: because it is due, or later by choice.

    POST /api/session/totp                         {"code"}        the six digits of now
    POST /api/session/recovery                     {"code"}        a code of the sheet of paper
    POST /api/session/passkey                                      what the browser shall sign
    POST /api/session/passkey/confirmation         {"credential"}  what it signed
    POST /api/session/totp-enrolment                               a new secret, as text and as QR code
    POST /api/session/totp-enrolment/confirmation  {"code"}        its first digits
    POST /api/session/passkey-enrolment                            what the browser shall make
    POST /api/session/passkey-enrolment/confirmation {"credential"} what it made

Owns: these. Every step that is taken gives the session a new token. Must never repeat a secret once it is
confirmed. By choice, all of them want a password that was typed within the last quarter of an hour.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from server.people.errors import OutOfOrder
from server.people.factors import totp
from server.people.factors.ceremonies import RelyingParty
from server.people.factors.passkeys import PASSKEYS
from server.people.factors.recoverycodes import RECOVERY_CODES
from server.people.factors.recoverycodes import TYPED_MAX_CHARS as RECOVERY_MAX_CHARS
from server.people.factors.secondfactors import SECOND_FACTORS
from server.people.sessions.access import open_to_all, proven_recently
from server.people.sessions.device import device_words
from server.people.sessions.steps import Step
from server.people.sessions.store import Standing
from server.people.signin.refusals import noted
from server.people.signin.stepping import at_step, renewed, signed_in_so_far
from server.platform.http.bodies import json_response, read_json
from server.platform.http.keys import SETTINGS
from server.trail.refused import Way


class TypedCode(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Six digits, however they are spaced."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=totp.TYPED_MAX_CHARS)]


class TypedRecoveryCode(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A recovery code, however it is spaced."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=RECOVERY_MAX_CHARS)]


class Answered(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What `navigator.credentials` gave, as JSON (WebAuthn Level 3, section 5.1)."""

    credential: dict[str, Any]


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
    found = await at_step(request, Step.SECOND_FACTOR)
    typed = await read_json(request, TypedCode)
    with noted(request, Way.TOTP, found.principal.participant_id):
        await request.app[SECOND_FACTORS].prove(found.principal.participant_id, typed.code)
    return await renewed(request, found, second_factor=True)


@open_to_all("it is a step of signing in")
async def use_recovery_code(request: web.Request) -> web.Response:
    """Take a code of the sheet; it is used up."""
    found = await at_step(request, Step.SECOND_FACTOR)
    typed = await read_json(request, TypedRecoveryCode)
    with noted(request, Way.RECOVERY_CODE, found.principal.participant_id):
        await request.app[RECOVERY_CODES].use(found.principal.participant_id, typed.code)
    return await renewed(request, found, second_factor=True)


@open_to_all("it is a step of signing in")
async def begin_passkey(request: web.Request) -> web.Response:
    """Give what the browser shall sign."""
    found = await at_step(request, Step.SECOND_FACTOR)
    asked = await request.app[PASSKEYS].begin_proving(found.principal, relying_party(request))
    return json_response(asked)


@open_to_all("it is a step of signing in")
async def prove_passkey(request: web.Request) -> web.Response:
    """Take what the browser signed."""
    found = await at_step(request, Step.SECOND_FACTOR)
    answer = await read_json(request, Answered)
    with noted(request, Way.PASSKEY, found.principal.participant_id):
        await request.app[PASSKEYS].prove(found.principal, relying_party(request), answer.credential)
    return await renewed(request, found, second_factor=True)


@open_to_all("it is a step of signing in, or one's own account")
async def begin_enrolment(request: web.Request) -> web.Response:
    """Give a new secret; it counts once its digits have been seen."""
    who = (await _may_enrol(request)).principal
    secret, login = await request.app[SECOND_FACTORS].begin(who.participant_id)
    uri = totp.uri(secret, login)
    return json_response(Enrolment(secret, uri, QrCode(*totp.qr_path(uri))))


@open_to_all("it is a step of signing in, or one's own account")
async def confirm_enrolment(request: web.Request) -> web.Response:
    """Take the first digits of a new telephone."""
    found = await _may_enrol(request)
    typed = await read_json(request, TypedCode)
    with noted(request, Way.TOTP, found.principal.participant_id):
        await request.app[SECOND_FACTORS].confirm(found.principal.participant_id, typed.code)
    return await renewed(request, found, second_factor=True)


@open_to_all("it is a step of signing in, or one's own account")
async def begin_passkey_enrolment(request: web.Request) -> web.Response:
    """Give what the browser shall make."""
    who = (await _may_enrol(request)).principal
    return json_response(await request.app[PASSKEYS].begin_adding(who, relying_party(request)))


@open_to_all("it is a step of signing in, or one's own account")
async def confirm_passkey_enrolment(request: web.Request) -> web.Response:
    """Keep what the browser made."""
    found = await _may_enrol(request)
    answer = await read_json(request, Answered)
    name = device_words(request.headers.get("User-Agent", ""))
    await request.app[PASSKEYS].add(found.principal, relying_party(request), answer.credential, name=name)
    return await renewed(request, found, second_factor=True)


def relying_party(request: web.Request) -> RelyingParty:
    """The domain of the passkeys, and the origin of this request: that of a page of ours (guards.py checked it)."""
    origin = request.headers.get("Origin", "")
    public = request.app[SETTINGS].public_url
    return RelyingParty(urlsplit(public or origin).hostname or "", public or origin)


async def _may_enrol(request: web.Request) -> Standing:
    """The session of who connects a second factor: because it is due, or with a password typed of late."""
    found = await signed_in_so_far(request)
    if found.step is None:
        await proven_recently(request)
    elif found.step is not Step.ENROL_SECOND_FACTOR:
        raise OutOfOrder
    return found
