"""Refusals over HTTP: a status and a JSON body ``{"code": ...}`` whose code is a key of the catalogs.

Owns: `ApiError` and the middleware that turns every failure into such an answer. An answer must never contain
input, a path or the text of an exception.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from server.platform.errors import Refusal
from server.platform.faults import where

log = structlog.get_logger(__name__)

# The codes of refusals by aiohttp itself.
CODES = {
    400: "malformed",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    411: "malformed",
    413: "too_large",
    415: "not_json",
    417: "malformed",
    429: "must_wait",
    503: "server_full",
}


# The first part of the addresses that are no page.
NO_PAGES = frozenset({"web", "ws", "healthz", "metrics"})


class ApiError(Refusal):
    """A request is refused with ``status``, ``code`` and ``headers``."""

    def __init__(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.headers = headers or {}


def refusal(
    status: int, code: str, headers: dict[str, str] | None = None, more: Mapping[str, object] | None = None
) -> web.Response:
    """The answer to a refused request."""
    body = msgspec.json.encode({"code": code, **(more or {})})
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every failure of a handler."""
    try:
        return await handler(request)
    except ApiError as error:
        return refusal(error.status, error.code, error.headers)
    except Refusal as error:
        wait_s = error.retry_after_s
        headers = {"Retry-After": str(wait_s)} if wait_s is not None else None
        return refusal(error.status, error.code, headers, error.more)
    except web.HTTPException as error:
        kept = {name: error.headers[name] for name in ("Allow", "Location") if name in error.headers}
        return refusal(error.status, CODES.get(error.status, "error"), kept)
    except Exception as error:
        # The log has the place of the error, not its text, which may contain input; the caller gets neither.
        log.error("request_failed", route=route_of(request), **where(error))
        return refusal(500, "error")


def route_of(request: web.BaseRequest) -> str:
    """What part of the server a request was for: never its path, which must not be in logs and metrics, nor the one
    address: some are used for survivor-safe cases alone, and time and network of a request would tell of one.
    """
    # A request that is not valid HTTP never reaches a router; its match_info then raises AssertionError.
    match = getattr(request, "_match_info", None)
    resource = match.route.resource if match is not None else None
    return _part(resource.canonical) if resource is not None else "unmatched"


def _part(pattern: str) -> str:
    """ "/api/cases" for "/api/cases/{case_id}/exit", "page" for every page."""
    first, *rest = pattern.strip("/").split("/")
    if first == "api":
        return "/".join(("", first, *rest[:1]))
    return pattern if first in NO_PAGES else "page"
