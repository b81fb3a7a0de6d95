"""Signing in with the accounts of a hospital (OpenID Connect), when one is configured.

    GET /api/oidc                    whether there is a provider, and what it is called
    GET /api/oidc/start?page=office  sends the browser to it
    GET /api/oidc/callback           where the provider sends it back to

Owns: the cookie that ties both ends to one browser, and the way back to the page. A callback changes nothing but
the session of the browser that began it. Must never make an account: only whom an administrator has linked
comes in.
"""

from __future__ import annotations

import msgspec
import structlog
from aiohttp import web
from sqlalchemy import select

from server.people.errors import ProviderRefused
from server.people.sessions.access import open_to_all
from server.people.sessions.cookies import (
    PEOPLE,
    clear_cookie,
    get_cookie,
    set_cookie,
)
from server.people.sessions.device import device_words
from server.people.sessions.store import SESSIONS
from server.people.signin.oidc.openidconnect import OIDC, OpenIdConnect, Vouched
from server.people.signin.oidc.underway import PENDING_S
from server.people.signin.refusals import noted
from server.people.signin.stepping import is_in
from server.people.tables import Account, OidcLink
from server.platform.http.bodies import json_response
from server.platform.http.errors import ApiError
from server.platform.http.keys import DATABASE, SETTINGS
from server.platform.http.origin import came_securely, safe_host
from server.trail.refused import Way

log = structlog.get_logger(__name__)

BINDING = "keneya-oidc"
PAGES = tuple(PEOPLE)


class Offered(msgspec.Struct, frozen=True):
    """What the sign-in form shows; an empty name: no provider."""

    name: str


@open_to_all("the sign-in form asks for it")
async def offered(request: web.Request) -> web.Response:
    """Answer what the provider is called."""
    provider = request.app[OIDC]
    return json_response(Offered(provider.name if provider is not None else ""))


@open_to_all("it is how one signs in")
async def start(request: web.Request) -> web.StreamResponse:
    """Send the browser to the provider."""
    provider = _provider(request)
    page = request.query.get("page", PAGES[0])
    if page not in PAGES:
        raise ApiError(422, "malformed")
    try:
        started = await provider.start(redirect_uri=_redirect_uri(request), page=page)
    except ProviderRefused as error:
        return _back(page, error.code)
    response = _see(started.url)
    # The provider sends the browser back from another site, where a strict cookie is not sent.
    set_cookie(request, response, BINDING, started.cookie, PENDING_S, samesite="Lax")
    return response


@open_to_all("it is how one signs in")
async def callback(request: web.Request) -> web.StreamResponse:
    """Take the browser back; a person whom we know is signed in."""
    provider = _provider(request)
    app = request.app
    begun = provider.begun(request.query, get_cookie(request, BINDING) or "")
    try:
        with noted(request, Way.OIDC):
            if begun is None:
                raise ProviderRefused
            vouched = await provider.finish(request.query, begun, redirect_uri=_redirect_uri(request))
            account_id = await _account_of(request, vouched)
    except ProviderRefused as error:
        log.info("oidc_refused", code=error.code)
        response = _back(begun.page if begun is not None else PAGES[0], error.code)
        if begun is not None:
            # Only its own answer ends a sign-in: a link of somebody else's leaves it under way.
            clear_cookie(request, response, BINDING)
        return response
    cookie = PEOPLE[begun.page]
    previous = get_cookie(request, cookie)
    if previous:
        await app[SESSIONS].end(previous)
    token = await app[SESSIONS].open_for_account(
        account_id,
        device=device_words(request.headers.get("User-Agent", "")),
        second_factor=vouched.second_factor,
    )
    found = await app[SESSIONS].standing(token)
    if found is not None and found.step is None:
        await is_in(request, found.principal)
    response = _back(begun.page)
    clear_cookie(request, response, BINDING)
    set_cookie(request, response, cookie, token, max_age_s=None)
    return response


async def _account_of(request: web.Request, vouched: Vouched) -> str:
    query = (
        select(Account.id, Account.disabled)
        .join(OidcLink, OidcLink.account_id == Account.id)
        .where(
            OidcLink.issuer == vouched.issuer,
            OidcLink.subject == vouched.subject,
        )
    )
    async with request.app[DATABASE]() as db:
        found = (await db.execute(query)).one_or_none()
    if found is None or found.disabled:
        raise ProviderRefused("oidc_unknown", about=found.id if found is not None else None)
    return str(found.id)


def _provider(request: web.Request) -> OpenIdConnect:
    provider = request.app[OIDC]
    if provider is None:
        raise ApiError(404, "not_found")
    return provider


def _redirect_uri(request: web.Request) -> str:
    settings = request.app[SETTINGS]
    scheme = "https" if came_securely(request, settings) else "http"
    # The provider compares this address with the one registered there: a forged Host leads nowhere.
    origin = settings.public_url or f"{scheme}://{safe_host(request)}"
    return f"{origin}/api/oidc/callback"


def _back(page: str, code: str = "") -> web.Response:
    return _see(f"/{page}#{code}" if code else f"/{page}")


def _see(url: str) -> web.Response:
    return web.Response(status=303, headers={"Location": url})
