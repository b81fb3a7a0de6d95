"""Splits VP8 frames into RTP payloads (RFC 7741).

Owns: the payload descriptor with a 15-bit picture id, and the size of the payloads. Must never number or send
packets: the sending stream does.
"""

from __future__ import annotations

# Bytes of one payload, descriptor included. With the headers of RTP, SRTP, UDP, IPv6 and a tunnel the packet stays
# below the 1,280 bytes that every IPv6 path carries.
MAX_PAYLOAD_BYTES = 1_100
PICTURE_ID_LIMIT = 1 << 15

_EXTENDED, _START, _PICTURE_ID, _LONG = 0x80, 0x10, 0x80, 0x80
_DESCRIPTOR_BYTES = 4


def vp8_payloads(frame: bytes, picture_id: int, max_payload_bytes: int = MAX_PAYLOAD_BYTES) -> list[bytes]:
    """The payloads of one frame, in order; the caller sets the marker bit on the packet of the last one.

    Payloads have about equal size, because a longer packet is lost more often. `picture_id` is taken modulo 2^15.
    Raises ValueError for an empty frame, or if `max_payload_bytes` leaves no room for content.
    """
    room = max_payload_bytes - _DESCRIPTOR_BYTES
    if not frame or room < 1:
        raise ValueError("nothing to send, or no room for it")
    count = -(-len(frame) // room)
    size, longer = divmod(len(frame), count)
    picture_id %= PICTURE_ID_LIMIT
    number = bytes((_LONG | picture_id >> 8, picture_id & 0xFF))
    payloads: list[bytes] = []
    at = 0
    for index in range(count):
        end = at + size + (1 if index < longer else 0)
        # S marks the packet that starts the frame; the whole frame is sent as partition 0.
        first = _EXTENDED | (_START if index == 0 else 0)
        payloads.append(bytes((first, _PICTURE_ID)) + number + frame[at:end])
        at = end
    return payloads
