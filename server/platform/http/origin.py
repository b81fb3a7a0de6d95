"""The check of a request's web origin (RFC 6454), and the address of its client.

Owns: the comparison of Origin and Host, whether https was used, and the client's address behind trusted proxies.
Must never take an address from a peer that is not a trusted proxy.
"""

from __future__ import annotations

import ipaddress
import re

from aiohttp import web

from server.platform.settings.config import Settings

DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 3986 host and port; any other Host header is never copied into an answer.
# Browsers take cookies of these names over https alone (RFC 6265bis section 4.1.3); the rest of the name is ours.
SECURE_COOKIES = ("__Host-keneya", "__Secure-keneya")

HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


def is_our_origin(request: web.BaseRequest, settings: Settings) -> bool:
    """Whether the Origin header names this server or an allowed origin; False without the header."""
    origin = request.headers.get("Origin", "")
    if origin in settings.allowed_origins or (settings.public_url and origin == settings.public_url):
        return True
    # Behind a proxy that ends TLS this server sees http, so both schemes match unless https is certain.
    schemes = ("https",) if came_securely(request, settings) else ("http", "https")
    return _names_this_host(origin, request, schemes)


def _names_this_host(origin: str, request: web.BaseRequest, schemes: tuple[str, ...]) -> bool:
    scheme, _, host = origin.partition("://")
    if scheme not in schemes or not HOST.fullmatch(host):
        return False
    return _with_port(host.lower(), scheme) == _with_port(safe_host(request), scheme)


def _with_port(host: str, scheme: str) -> str:
    """A host with its port: browsers leave the scheme's own one out, proxies may put it in."""
    named = host.rpartition("]")[2].rpartition(":")[1]
    return host if named or not host else f"{host}:{DEFAULT_PORTS[scheme]}"


def came_securely(request: web.BaseRequest, settings: Settings) -> bool:
    """Whether the browser asked over https: by the settings, or by what the request itself shows.

    Where somebody has forgotten ``public_url`` behind a proxy that ends TLS, the page's own origin shows it, or the
    proxy's header, or a cookie that only https could set. Whoever forges one of these binds only themselves.
    """
    if settings.secure or _names_this_host(request.headers.get("Origin", ""), request, ("https",)):
        return True
    forwarded = request.headers.get("X-Forwarded-Proto", ""), request.headers.get("Forwarded", "")
    if forwarded[0].strip().lower() == "https" or "proto=https" in forwarded[1].lower():
        return True
    return any(name.startswith(SECURE_COOKIES) for name in request.cookies)


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
