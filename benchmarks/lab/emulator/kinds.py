"""The kind of traffic that an IP packet on the link carries, read from its first bytes.

Owns: the classes in which the lab counts traffic. Must never read payloads. The first byte of a datagram gives its
protocol (RFC 7983 section 7), the packet type tells RTCP from RTP (RFC 5761 section 4).
"""

from __future__ import annotations

TCP, UDP = 6, 17
KINDS = ("rtp", "rtcp", "data", "stun", "tcp", "other")


def kind_of(packet: bytes) -> str:
    """One of `KINDS` for an IPv4 packet: media, reports, data channels (DTLS), ICE checks, pages and signaling."""
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return "other"
    if packet[9] == TCP:
        return "tcp"
    start = 4 * (packet[0] & 0x0F) + 8
    if packet[9] != UDP or len(packet) < start + 2:
        return "other"
    first, second = packet[start], packet[start + 1]
    if first <= 3:
        return "stun"
    if 20 <= first <= 63:
        return "data"
    if 128 <= first <= 191:
        return "rtcp" if 192 <= second <= 223 else "rtp"
    return "other"
