"""/api/accounts: how administrators manage accounts.

    GET    /api/accounts                     everybody, without secrets
    POST   /api/accounts                     a new account; answers its one-time password, once
    PUT    /api/accounts/{id}                another profile; another role signs the person out
    PUT    /api/accounts/{id}/disabled       {"disabled": true | false}
    POST   /api/accounts/{id}/reset          a one-time password; the second factor is enrolled anew
    PUT    /api/accounts/{id}/provider       {"subject"}: who this person is at the OpenID Connect provider
    DELETE /api/accounts/{id}/provider       nobody there opens this account any more

Owns: these. Acts ask for a proof of the last quarter of an hour; nobody changes or shuts their own account here,
so that one administrator always stays.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.people.accounts.store import (
    ACCOUNTS,
    Profile,
    one_time_password,
)
from server.people.acting import by
from server.people.principal import Principal
from server.people.profile import Gender, Specialty, Spoken
from server.people.sessions.access import needs
from server.people.sessions.live import shut_out
from server.people.sessions.permissions import Action
from server.people.signin.credentials import LOGIN_MAX_CHARS
from server.people.signin.oidc.openidconnect import OIDC
from server.platform.database.base import NAME_CHARS
from server.platform.http.bodies import json_response, read_json
from server.platform.http.errors import ApiError
from signaling.messages import Role

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS, pattern=r"\S")]
OptionalName = Annotated[str, msgspec.Meta(max_length=NAME_CHARS)]
# A person has a few; more comes from a faulty program.
Specialties = Annotated[list[Specialty], msgspec.Meta(max_length=len(Specialty))]
Languages = Annotated[list[Spoken], msgspec.Meta(max_length=len(Spoken))]


class ProfileBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What an account says about its person."""

    name: Name
    role: Role
    site: OptionalName = ""
    specialties: Specialties = []
    languages: Languages = []
    gender: Gender | None = None


class NewAccount(ProfileBody, frozen=True, kw_only=True):
    """A profile, and what the person will type to sign in."""

    login: Annotated[str, msgspec.Meta(min_length=1, max_length=LOGIN_MAX_CHARS, pattern=r"\S")]


class Disabling(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Whether the account is shut."""

    disabled: bool


class Provider(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The ``sub`` that the provider has for this person (ASCII, OpenID Connect Core section 2)."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]


class Told(msgspec.Struct, frozen=True):
    """A one-time password, to be told to the person; it is shown this once."""

    account_id: str
    password: str


@needs(Action.MANAGE_ACCOUNTS)
async def everybody(request: web.Request, principal: Principal) -> web.Response:
    """List the accounts."""
    provider = request.app[OIDC]
    issuer = provider.issuer if provider is not None else ""
    return json_response(await request.app[ACCOUNTS].everybody(issuer))


@needs(Action.MANAGE_ACCOUNTS, recent=True, keeps_answer=True)
async def create(request: web.Request, principal: Principal) -> web.Response:
    """Make an account."""
    wanted = await read_json(request, NewAccount)
    password = one_time_password()
    account_id = await request.app[ACCOUNTS].create(
        wanted.login, _profile(wanted), password=password, actor=by(principal)
    )
    return json_response(Told(account_id, password), status=201)


@needs(Action.MANAGE_ACCOUNTS, recent=True)
async def change(request: web.Request, principal: Principal) -> web.Response:
    """Give an account another profile."""
    account_id = _another(request, principal)
    wanted = await read_json(request, ProfileBody)
    signed_out = await request.app[ACCOUNTS].change(account_id, _profile(wanted), actor=by(principal))
    if signed_out:
        await shut_out(request, account_id)
    return web.Response(status=204)


@needs(Action.MANAGE_ACCOUNTS, recent=True)
async def set_disabled(request: web.Request, principal: Principal) -> web.Response:
    """Shut an account or open it again."""
    account_id = _another(request, principal)
    wanted = await read_json(request, Disabling)
    await request.app[ACCOUNTS].set_disabled(account_id, disabled=wanted.disabled, actor=by(principal))
    if wanted.disabled:
        await shut_out(request, account_id)
    return web.Response(status=204)


@needs(Action.MANAGE_ACCOUNTS, recent=True, keeps_answer=True)
async def reset(request: web.Request, principal: Principal) -> web.Response:
    """Let somebody in again who lost password or telephone."""
    account_id = _another(request, principal)
    password = await request.app[ACCOUNTS].reset(account_id, actor=by(principal))
    await shut_out(request, account_id)
    return json_response(Told(account_id, password))


@needs(Action.MANAGE_ACCOUNTS, recent=True)
async def link_provider(request: web.Request, principal: Principal) -> web.Response:
    """Say who this person is at the provider."""
    account_id, issuer = _another(request, principal), _issuer(request)
    wanted = await read_json(request, Provider)
    await request.app[ACCOUNTS].link_provider(
        account_id, issuer=issuer, subject=wanted.subject, actor=by(principal)
    )
    return web.Response(status=204)


@needs(Action.MANAGE_ACCOUNTS, recent=True)
async def unlink_provider(request: web.Request, principal: Principal) -> web.Response:
    """Let nobody of the provider open this account any more."""
    account_id, issuer = _another(request, principal), _issuer(request)
    await request.app[ACCOUNTS].unlink_provider(account_id, issuer=issuer, actor=by(principal))
    await shut_out(request, account_id)
    return web.Response(status=204)


def _issuer(request: web.Request) -> str:
    provider = request.app[OIDC]
    if provider is None:
        raise ApiError(404, "not_found")
    return provider.issuer


def _profile(body: ProfileBody) -> Profile:
    if body.role is Role.STATION:
        raise ApiError(422, "malformed")
    return Profile(
        name=body.name.strip(),
        role=body.role,
        site=body.site.strip(),
        specialties=body.specialties,
        languages=body.languages,
        gender=body.gender,
    )


def _another(request: web.Request, principal: Principal) -> str:
    account_id = request.match_info["account_id"]
    if account_id == principal.participant_id:
        raise ApiError(409, "own_account")
    return account_id
