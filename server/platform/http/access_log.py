"""One log line for each request, without the visitor's identity and without the details of the request.

Owns: the parts of a request that may be logged: method, route pattern, status, size, time and the visitor's
network. Must never log a query string, a path that matched no route, a header or a complete address.
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


class AccessLogger(AbstractAccessLogger):
    """Counts and logs each request after its answer."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Called by aiohttp; ``time`` is in seconds."""
        route = route_of(request)
        method = request.method if request.method in METHODS else "other"
        HTTP_REQUESTS.labels(method=method, route=route, status=str(response.status)).inc()
        HTTP_SECONDS.labels(route=route).observe(time)
        log.info(
            "request",
            method=method,
            route=route,
            status=response.status,
            bytes=response.body_length,
            ms=round(time * 1000, 1),
            network=network_of(request.remote or ""),
        )


def network_of(address: str) -> str:
    """The network of an address: it identifies where there is trouble, but no person."""
    return networks_of(address)[1]
