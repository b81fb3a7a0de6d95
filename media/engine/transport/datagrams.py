"""The common properties of a leg's datagrams: their address, the largest size, the size of their headers.

Owns: the type of an address, the bounds and overheads in bytes, and the count of a leg's bytes. Must never import
another module of this package: ports, guard and legs all import this one.
"""

from __future__ import annotations

from dataclasses import dataclass

Address = tuple[str, int]

# The payload of an Ethernet frame: nothing larger arrives unfragmented, and it is also the size of pylibsrtp's
# buffer.
DATAGRAM_MAX_BYTES = 1500
# The headers of UDP and IPv4 in each datagram.
UDP_IP_BYTES = 8 + 20
# SRTP tag, UDP and IPv4 headers: the bytes of a packet on the wire besides its RTP bytes.
WIRE_OVERHEAD_BYTES = 10 + UDP_IP_BYTES


@dataclass(slots=True)
class Traffic:
    """Bytes on the wire of one leg since it began, headers of UDP and IPv4 included."""

    sent_bytes: int = 0
    received_bytes: int = 0
