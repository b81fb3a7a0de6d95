"""The check of a request's web origin (RFC 6454), and the address of its client.

Owns: the comparison of Origin and Host, and the client's address behind trusted proxies. Must never use a
forwarding header from a peer that is not a trusted proxy.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from aiohttp import web

from server.platform.settings.config import Settings

# RFC 3986 host and port; any other Host header is never copied into an answer.
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


def is_our_origin(request: web.BaseRequest, settings: Settings) -> bool:
    """Whether the Origin header names this server or an allowed origin; False without the header."""
    origin = request.headers.get("Origin", "")
    if origin in settings.allowed_origins or (settings.public_url and origin == settings.public_url):
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    # Behind a proxy that ends TLS this server sees http, so both schemes match unless https is certain.
    schemes = ("https",) if settings.secure else ("http", "https")
    return parts.scheme in schemes and parts.netloc != "" and parts.netloc == safe_host(request)


def safe_host(request: web.BaseRequest) -> str:
    """The Host header if it is well formed, otherwise empty."""
    host = request.headers.get("Host", "")
    return host.lower() if HOST.fullmatch(host) else ""


def client_address(request: web.BaseRequest, settings: Settings) -> str:
    """The address of the visitor: the peer, or the last forwarded address that is not a trusted proxy."""
    address = request.remote or ""
    # A proxy that adds a line of its own puts it last; the lines are one list (RFC 9110 section 5.3).
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    while hops and is_trusted_proxy(address, settings):
        address = hops.pop()
    return address


def came_through_a_proxy(request: web.BaseRequest) -> bool:
    """Whether the request has any forwarding header, from a trusted proxy or not."""
    return any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"))


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's loopback."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.is_loopback


def is_trusted_proxy(address: str, settings: Settings) -> bool:
    """Whether forwarding headers of this peer are used."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in settings.trusted_proxies)
