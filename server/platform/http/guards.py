"""The CSRF guard of every request, and the security headers of every answer.

Owns: the policy of the pages (CSP level 3, Permissions Policy, COOP, CORP, HSTS). Pages, errors and the API carry
all headers. Scripts, styles and icons carry only the headers that browsers use on them: the others would add 14
kB to a first visit, six seconds on a 20 kbit/s link.
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from server.platform.http.errors import ApiError
from server.platform.http.keys import SETTINGS
from server.platform.http.origin import came_securely, is_our_origin, safe_host
from server.platform.http.static import is_part_of_a_page

# A form or image of another site cannot set this header. The Origin check is a second, independent guard.
CSRF_HEADER = "X-Keneya"
UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})

HSTS_S = 365 * 24 * 3600

# Headers of every answer, a page or a part of one.
PART_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "Keneya",
}
# If a person opens a part by itself (an icon is then a document), it may load and run nothing.
PART_POLICY = "default-src 'none'; frame-ancestors 'none'"

PAGE_HEADERS = PART_HEADERS | {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(self), autoplay=(self), fullscreen=(self), "
    "screen-wake-lock=(self), geolocation=(), display-capture=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def content_security_policy(socket_origin: str) -> str:
    """Only content of this server; no inline script or style, no eval, no frames."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob:",
            "media-src 'self' blob:",
            "font-src 'self'",
            # In older Safari 'self' does not include ws:, so the policy also names the socket's origin.
            f"connect-src 'self' {socket_origin}".rstrip(),
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler of ``on_response_prepare``, which runs for every answer, also errors and upgrades."""
    secure = came_securely(request, request.app[SETTINGS])
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
    """Refuse requests that change something, unless they come from our own pages."""
    if request.method in UNSAFE_METHODS and not (
        request.headers.get(CSRF_HEADER) == "1" and is_our_origin(request, request.app[SETTINGS])
    ):
        raise ApiError(403, "wrong_origin")
    return await handler(request)
