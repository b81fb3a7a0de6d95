"""The two cookies: a person's session and a station's enrolment.

Owns: their names and attributes (RFC 6265bis). Under TLS they wear the ``__Host-`` prefix, so that no
other host of the domain can set them. Must never be readable by scripts or sent across sites.
"""

from __future__ import annotations

from aiohttp import web

from server.platform.settings.config import Settings

PERSON = "keneya"
STATION = "keneya-station"
TOKEN_MAX_CHARS = 128


def cookie_name(base: str, settings: Settings) -> str:
    """The name of the cookie on the wire."""
    return f"__Host-{base}" if settings.secure else base


def get_cookie(request: web.Request, base: str, settings: Settings) -> str | None:
    """The token of a cookie, if there is one of a possible length."""
    token = request.cookies.get(cookie_name(base, settings))
    return token if token and len(token) <= TOKEN_MAX_CHARS else None


def set_cookie(
    response: web.StreamResponse, base: str, token: str, settings: Settings, max_age_s: int | None
) -> None:
    """Hand a token to the browser; without ``max_age_s`` it forgets it when it closes."""
    response.set_cookie(
        cookie_name(base, settings),
        token,
        max_age=max_age_s,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="Strict",
    )


def clear_cookie(response: web.StreamResponse, base: str, settings: Settings) -> None:
    """Make the browser forget a token."""
    response.del_cookie(
        cookie_name(base, settings), path="/", secure=settings.secure, httponly=True, samesite="Strict"
    )
