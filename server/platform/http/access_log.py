"""One log line for each request, without the visitor's identity and without the details of the request.

Owns: the parts of a request that may be logged: method, part of the server, status, rough size, time, and where
there is trouble the visitor's network. Must never log a query string, a path, a header or a complete address, nor
anything by which a survivor-safe case could be told from others, placed or timed.
"""

from __future__ import annotations

import structlog
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from server.platform.http.errors import route_of
from server.platform.http.networks import networks_of
from server.platform.metrics import HTTP_REQUESTS, HTTP_SECONDS

log = structlog.get_logger("access")

# A client can send any word as a method, and the metrics keep each label value for ever.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


# Strangers, guesses and floods: an operator must know where they come from, and not where those are who are served.
TROUBLE = frozenset({400, 401, 403, 429, 503})


class AccessLogger(AbstractAccessLogger):
    """Counts and logs each request after its answer."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Called by aiohttp; ``time`` is in seconds."""
        route = route_of(request)
        method = request.method if request.method in METHODS else "other"
        # What a success is called (201 for a case, 204 for the way out) would tell what was done.
        status = 200 if 200 <= response.status < 300 else response.status
        HTTP_REQUESTS.labels(method=method, route=route, status=str(status)).inc()
        HTTP_SECONDS.labels(route=route).observe(time)
        where = {"network": network_of(request.remote or "")} if status in TROUBLE else {}
        log.info(
            "request",
            method=method,
            route=route,
            status=status,
            # Which file it was would follow from the exact size.
            kb_up_to=1 << max(0, response.body_length // 1024).bit_length(),
            ms=round(time * 1000, 1),
            **where,
        )


def network_of(address: str) -> str:
    """The network of an address: it identifies where there is trouble, but no person."""
    return networks_of(address)[1]
