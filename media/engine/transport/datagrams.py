"""What every datagram of a leg has in common: where it comes from, how large it may be, what its headers cost.

Owns: the type of an address, the bounds and overheads in bytes, and the count of a leg's bytes. Must never import
another module of this package: ports, guard and legs all stand on this one.
"""

from __future__ import annotations

from dataclasses import dataclass

Address = tuple[str, int]

# An Ethernet payload: nothing larger reaches us unfragmented, and pylibsrtp's buffer ends here too.
DATAGRAM_MAX_BYTES = 1500
# What UDP and IPv4 add to each datagram.
UDP_IP_BYTES = 8 + 20
# SRTP tag, UDP and IPv4 headers: what a packet costs on the wire beyond its RTP bytes.
WIRE_OVERHEAD_BYTES = 10 + UDP_IP_BYTES


@dataclass(slots=True)
class Traffic:
    """Bytes on the wire of one leg since it began, headers of UDP and IPv4 included."""

    sent_bytes: int = 0
    received_bytes: int = 0
