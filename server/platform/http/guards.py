"""CSRF guard of every request, and security headers of every answer.

Owns: the policy of the pages (CSP level 3, Permissions Policy, COOP, CORP, HSTS). Pages, errors and the API
carry all of it. Scripts, styles and icons carry what a browser heeds on them and no more: the rest would
cost a first visit 14 kB, six seconds of a 20 kbit/s link.
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from server.platform.http.errors import ApiError
from server.platform.http.keys import SETTINGS
from server.platform.http.origin import is_our_origin, safe_host
from server.platform.http.static import is_part_of_a_page

# A form or image of another site cannot set a header of its own; with the Origin check this is two locks.
CSRF_HEADER = "X-Keneya"
UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})

HSTS_S = 365 * 24 * 3600

# Headers of every answer, a page or a part of one.
PART_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "Keneya",
}
# Opened by itself (an icon is a document then), a part may load and run nothing.
PART_POLICY = "default-src 'none'; frame-ancestors 'none'"

PAGE_HEADERS = PART_HEADERS | {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(self), autoplay=(self), fullscreen=(self), "
    "screen-wake-lock=(self), geolocation=(), display-capture=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def content_security_policy(socket_origin: str) -> str:
    """Nothing from anywhere but this server; no inline script or style, no eval, no frames."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob:",
            "media-src 'self' blob:",
            "font-src 'self'",
            # Older Safari does not count ws: as 'self', so the socket's origin is named as well.
            f"connect-src 'self' {socket_origin}".rstrip(),
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler of ``on_response_prepare``: it sees answers of handlers, errors and upgrades alike."""
    secure = request.app[SETTINGS].secure
    if is_part_of_a_page(response):
        response.headers.update(PART_HEADERS)
        response.headers["Content-Security-Policy"] = PART_POLICY
    else:
        host = safe_host(request)
        socket_origin = f"{'wss' if secure else 'ws'}://{host}" if host else ""
        response.headers.update(PAGE_HEADERS)
        response.headers["Content-Security-Policy"] = content_security_policy(socket_origin)
    response.headers.setdefault("Cache-Control", "no-store")
    if secure:
        response.headers["Strict-Transport-Security"] = f"max-age={HSTS_S}"


@web.middleware
async def refuse_forged_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Requests that change something must come from a page of ours."""
    if request.method in UNSAFE_METHODS and not (
        request.headers.get(CSRF_HEADER) == "1" and is_our_origin(request, request.app[SETTINGS])
    ):
        raise ApiError(403, "wrong_origin")
    return await handler(request)
