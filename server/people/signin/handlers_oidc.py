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
    cookie_name,
    get_cookie,
    set_cookie,
)
from server.people.sessions.device import device_words
from server.people.sessions.store import SESSIONS
from server.people.signin.oidc import OIDC, PENDING_S, OpenIdConnect, Vouched
from server.people.tables import Account, OidcLink
from server.platform.http.bodies import json_response
from server.platform.http.errors import ApiError
from server.platform.http.keys import DATABASE, SETTINGS
from server.platform.http.origin import safe_host
from server.platform.metrics import SIGN_IN_REFUSALS

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
    settings = request.app[SETTINGS]
    response.set_cookie(
        cookie_name(BINDING, settings),
        started.binding,
        max_age=PENDING_S,
        path="/",
        secure=settings.secure,
        httponly=True,
        # The provider sends the browser back from another site, where a strict cookie is not sent.
        samesite="Lax",
    )
    return response


@open_to_all("it is how one signs in")
async def callback(request: web.Request) -> web.StreamResponse:
    """Take the browser back; a person whom we know is signed in."""
    provider = _provider(request)
    app = request.app
    page = provider.page_of(request.query)
    try:
        with SIGN_IN_REFUSALS.labels(kind="oidc").count_exceptions():
            vouched = await provider.finish(request.query, get_cookie(request, BINDING, app[SETTINGS]) or "")
            account_id = await _account_of(request, vouched)
    except ProviderRefused as error:
        log.info("oidc_refused", code=error.code)
        return _back(page, error.code)
    cookie = PEOPLE[vouched.page]
    previous = get_cookie(request, cookie, app[SETTINGS])
    if previous:
        await app[SESSIONS].end(previous)
    token = await app[SESSIONS].open_for_account(
        account_id,
        device=device_words(request.headers.get("User-Agent", "")),
        second_factor=vouched.second_factor,
    )
    response = _back(vouched.page)
    set_cookie(response, cookie, token, app[SETTINGS], max_age_s=None)
    return response


async def _account_of(request: web.Request, vouched: Vouched) -> str:
    query = (
        select(Account.id)
        .join(OidcLink, OidcLink.account_id == Account.id)
        .where(
            OidcLink.issuer == vouched.issuer,
            OidcLink.subject == vouched.subject,
            Account.disabled.is_(False),
        )
    )
    async with request.app[DATABASE]() as db:
        found = await db.scalar(query)
    if found is None:
        raise ProviderRefused("oidc_unknown")
    return found


def _provider(request: web.Request) -> OpenIdConnect:
    provider = request.app[OIDC]
    if provider is None:
        raise ApiError(404, "not_found")
    return provider


def _redirect_uri(request: web.Request) -> str:
    settings = request.app[SETTINGS]
    scheme = "https" if settings.secure else "http"
    # The provider compares this address with the one registered there: a forged Host leads nowhere.
    origin = settings.public_url or f"{scheme}://{safe_host(request)}"
    return f"{origin}/api/oidc/callback"


def _back(page: str, code: str = "") -> web.Response:
    return _see(f"/{page}#{code}" if code else f"/{page}")


def _see(url: str) -> web.Response:
    return web.Response(status=303, headers={"Location": url})
