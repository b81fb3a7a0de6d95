"""The cookies: a station's enrolment, and a person's session for each of the faces that people sign in to.

Owns: their names and attributes (RFC 6265bis), and which of them a page is about. Each face has one of its own: a
mediator who signs in beside a doctor's call, in the same browser, is somebody else, and ends nothing of it.
Under TLS they wear the ``__Host-`` prefix, so that no
other host of the domain can set them. Must never be readable by scripts or sent across sites.
"""

from __future__ import annotations

from aiohttp import web

from server.platform.settings.config import Settings

STATION = "keneya-station"
# Which page asks. The clinician's, and whatever is no page of ours, sends none.
FACE_HEADER = "X-Keneya-Face"
PEOPLE = {"clinician": "keneya", "mediator": "keneya-mediator", "office": "keneya-office"}
TOKEN_MAX_CHARS = 128


def person_cookie(request: web.Request) -> str:
    """The cookie of whoever is signed in to the page that asks."""
    return PEOPLE.get(request.headers.get(FACE_HEADER, ""), PEOPLE["clinician"])


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
