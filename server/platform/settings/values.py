"""The parsers of settings: from TOML (typed) or an environment variable (text) to a checked value.

Owns: one small parser for each kind of value. A parser raises ValueError whose text describes the right form. It
must never repeat the value, which may be a secret, and never access files or the network.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

Parser = Callable[[object], object]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def text(value: object) -> str:
    """Any text, without leading and trailing blanks."""
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value.strip()


def integer(low: int, high: int) -> Parser:
    """A whole number from ``low`` to ``high``, both included."""

    def parse(value: object) -> int:
        problem = f"must be a whole number from {low} to {high}"
        if isinstance(value, str):
            try:
                value = int(value)
            except ValueError:
                raise ValueError(problem) from None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(problem)
        return value

    return parse


def choice(*allowed: str) -> Parser:
    """One of the allowed words."""

    def parse(value: object) -> str:
        if not isinstance(value, str) or value.strip().lower() not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value.strip().lower()

    return parse


def optional_path(value: object) -> Path | None:
    """A path; empty means none. The file itself is checked when it is opened."""
    found = text(value)
    return Path(found).expanduser() if found else None


def path(value: object) -> Path:
    """A path that cannot be empty."""
    found = optional_path(value)
    if found is None:
        raise ValueError("must be a path")
    return found


def items(value: object) -> tuple[str, ...]:
    """A list of texts, which commas separate in an environment variable."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError("must be a list of texts (in an environment variable: separated by commas)")
    return tuple(item.strip() for item in value if item.strip())


def ip_addresses(value: object) -> tuple[str, ...]:
    """A list of IPv4 or IPv6 addresses, in their canonical form."""
    try:
        return tuple(str(ipaddress.ip_address(item)) for item in items(value))
    except ValueError:
        raise ValueError("must be a list of IP addresses, such as 192.0.2.7 or 2001:db8::7") from None


def networks(value: object) -> tuple[Network, ...]:
    """A list of IP networks or addresses."""
    try:
        return tuple(ipaddress.ip_network(item) for item in items(value))
    except ValueError:
        raise ValueError("must be a list of IP networks, such as 10.0.0.0/8 or ::1") from None


def origin(found: str) -> str:
    """A web origin (RFC 6454): scheme, host, and port unless it is the scheme's default."""
    problem = "must be like https://keneya.example.org (scheme, host, port if unusual, nothing more)"
    try:
        parts = urlsplit(found)
        port = parts.port
    except ValueError:
        raise ValueError(problem) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError(problem)
    if parts.path.rstrip("/") or parts.query or parts.fragment:
        raise ValueError(problem)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" if port in (None, usual) else f"{parts.scheme}://{host}:{port}"


def optional_origin(value: object) -> str:
    """A web origin, or empty."""
    found = text(value)
    return origin(found) if found else ""


def origins(value: object) -> tuple[str, ...]:
    """A list of web origins."""
    return tuple(origin(item) for item in items(value))


def issuer(value: object) -> str:
    """An OpenID Connect issuer, or empty: https, or this machine itself; no query, no fragment."""
    found = text(value)
    if not found:
        return ""
    problem = "must be like https://id.example.org/realm (https, no query)"
    try:
        parts = urlsplit(found)
        host = parts.hostname
    except ValueError:
        raise ValueError(problem) from None
    local = parts.scheme == "http" and host in ("localhost", "127.0.0.1", "::1")
    if not host or not (parts.scheme == "https" or local) or parts.query or parts.fragment:
        raise ValueError(problem)
    return found


def turn_urls(value: object) -> tuple[str, ...]:
    """A list of TURN URIs (RFC 7065)."""
    found = items(value)
    if not all(item.startswith(("turn:", "turns:")) for item in found):
        raise ValueError("must be a list of TURN addresses, such as turn:turn.example.org:3478?transport=udp")
    return found
