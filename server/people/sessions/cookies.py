"""The cookies: a station's enrolment, and a person's session for each of the faces that people sign in to.

Owns: their names and attributes (RFC 6265bis), and which of them a page is about. Each face has one of its own: a
mediator who signs in beside a doctor's call, in the same browser, is somebody else, and ends nothing of it.
What comes over https wears the ``__Host-`` prefix, so
that no other host of the domain can set it. Must never be readable by scripts or sent across sites.
"""

from __future__ import annotations

from typing import Literal

import structlog
from aiohttp import web

from server.platform.http.keys import SETTINGS
from server.platform.http.origin import came_securely

log = structlog.get_logger(__name__)

STATION = "keneya-station"
# Which page asks. The clinician's, and whatever is no page of ours, sends none.
FACE_HEADER = "X-Keneya-Face"
PEOPLE = {"clinician": "keneya", "mediator": "keneya-mediator", "office": "keneya-office"}
TOKEN_MAX_CHARS = 128


def person_cookie(request: web.Request) -> str:
    """The cookie of whoever is signed in to the page that asks."""
    return PEOPLE.get(request.headers.get(FACE_HEADER, ""), PEOPLE["clinician"])


def get_cookie(request: web.Request, base: str) -> str | None:
    """The token of a cookie, if there is one of a possible length.

    Over plain http one without the prefix counts too; that of a page that came over https goes first.
    """
    names = [f"__Host-{base}"] if request.app[SETTINGS].secure else [f"__Host-{base}", base]
    token = next((request.cookies[name] for name in names if name in request.cookies), "")
    return token if 0 < len(token) <= TOKEN_MAX_CHARS else None


def set_cookie(
    request: web.Request,
    response: web.StreamResponse,
    base: str,
    token: str,
    max_age_s: int | None,
    *,
    samesite: Literal["Strict", "Lax"] = "Strict",
) -> None:
    """Hand a token to the browser; without ``max_age_s`` it forgets it when it closes."""
    settings = request.app[SETTINGS]
    secure = came_securely(request, settings)
    if secure and not settings.secure:
        # The operator should hear of it: without public_url no page asks browsers to keep to https.
        log.warning("public_url_missing")
    response.set_cookie(
        f"__Host-{base}" if secure else base,
        token,
        max_age=max_age_s,
        path="/",
        secure=secure,
        httponly=True,
        samesite=samesite,
    )


def clear_cookie(request: web.Request, response: web.StreamResponse, base: str) -> None:
    """Make the browser forget a token, under each name that it may have."""
    for name in (f"__Host-{base}", base):
        if name in request.cookies:
            secure = name != base
            response.del_cookie(name, path="/", secure=secure, httponly=True, samesite="Strict")
