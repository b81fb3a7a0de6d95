"""Which web origins are ours (RFC 6454), and who really stands behind a request.

Owns: the comparison of Origin and Host, and the client's address behind trusted proxies. Must never
believe a forwarding header from a peer that is not a trusted proxy.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from aiohttp import web

from server.platform.settings.config import Settings

# RFC 3986 host and port; anything else in a Host header is not copied anywhere.
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


def is_our_origin(request: web.BaseRequest, settings: Settings) -> bool:
    """Whether the Origin header names this server or an allowed origin. Without one: no."""
    origin = request.headers.get("Origin", "")
    if origin in settings.allowed_origins or (settings.public_url and origin == settings.public_url):
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    # A proxy that ends TLS hands us http, so schemes are compared only as far as we know ours.
    schemes = ("https",) if settings.secure else ("http", "https")
    return parts.scheme in schemes and parts.netloc != "" and parts.netloc == safe_host(request)


def safe_host(request: web.BaseRequest) -> str:
    """The Host header if it is well formed, else empty."""
    host = request.headers.get("Host", "")
    return host.lower() if HOST.fullmatch(host) else ""


def client_address(request: web.BaseRequest, settings: Settings) -> str:
    """The address of the visitor: the peer, or the last hop that a trusted proxy does not vouch for."""
    address = request.remote or ""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    while hops and _is_trusted(address, settings):
        address = hops.pop()
    return address


def came_through_a_proxy(request: web.BaseRequest) -> bool:
    """Whether any forwarding header is there, believed or not."""
    return any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"))


def is_loopback(address: str) -> bool:
    """Whether this is an address of this machine itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.is_loopback


def _is_trusted(address: str, settings: Settings) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in settings.trusted_proxies)
