"""The network behind an address: what one attacker holds for free, and what one site shares.

Owns: the widths. Must never resolve a name or keep an address.
"""

from __future__ import annotations

import ipaddress

UNKNOWN = "unknown"
# A hoster or a provider hands out IPv4 by the /24 at most without questions; of IPv6 a household has a /64, and who
# asks has a /48 with 65,536 of them.
IPV4_BITS = 24
IPV6_NARROW_BITS = 64
IPV6_WIDE_BITS = 48


def networks_of(address: str) -> tuple[str, str]:
    """The narrow and the wide network of an address: /24 twice for IPv4, /64 and /48 for IPv6."""
    found = parsed(address)
    if found is None:
        return UNKNOWN, UNKNOWN
    if isinstance(found, ipaddress.IPv4Address):
        network = str(ipaddress.ip_network((found, IPV4_BITS), strict=False))
        return network, network
    narrow, wide = (
        str(ipaddress.ip_network((found, bits), strict=False)) for bits in (IPV6_NARROW_BITS, IPV6_WIDE_BITS)
    )
    return narrow, wide


def parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address, one that wraps IPv4 in IPv6 unwrapped; None for anything else."""
    try:
        # A link-local address may carry the name of an interface.
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found
