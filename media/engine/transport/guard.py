"""Decides which datagrams may reach a leg. Every datagram is hostile until it is authenticated.

Owns: classification by first byte (RFC 7983), the cheap check of a STUN message before any parser sees it, the
table of validated addresses, and the counters of refusals. Must never parse more than a refusal needs, nor store
anything for an unauthenticated sender.
"""

from __future__ import annotations

from collections import Counter
from enum import IntEnum
from typing import Generic, Protocol, TypeVar

from media.engine.transport.datagrams import DATAGRAM_MAX_BYTES, Address

# A browser's address changes when its phone changes cells; no browser has more addresses than this at once.
ADDRESSES_PER_LEG = 16

STUN_HEADER_BYTES = 20
STUN_MAGIC_COOKIE = b"\x21\x12\xa4\x42"
STUN_USERNAME = 0x0006
# RFC 8445 allows 256 characters a side; ours are short, the peer's may be long.
STUN_USERNAME_MAX_BYTES = 513


class Addressed(Protocol):
    """The properties of a leg that the guard uses."""

    @property
    def address(self) -> Address:
        """The peer's current address."""


LegT = TypeVar("LegT", bound=Addressed)


class Kind(IntEnum):
    """The protocol of a datagram by its first byte (RFC 7983 section 7)."""

    REFUSED = 0
    STUN = 1
    DTLS = 2
    SRTP = 3


def classify(data: bytes) -> Kind:
    """The protocol of `data` by size and first byte; REFUSED if it is none of a leg's protocols."""
    if not 0 < len(data) <= DATAGRAM_MAX_BYTES:
        return Kind.REFUSED
    first = data[0]
    if 128 <= first <= 191:
        return Kind.SRTP
    if first < 4:
        return Kind.STUN
    if 20 <= first <= 63:
        return Kind.DTLS
    return Kind.REFUSED


def stun_local_username(data: bytes) -> str | None:
    """The part before the colon of USERNAME in a well-framed STUN binding request, else None.

    This is the user name fragment that *we* gave out (RFC 8445 section 7.3), so it names the leg. Framing only:
    the message is not authenticated here.
    """
    if len(data) < STUN_HEADER_BYTES or data[4:8] != STUN_MAGIC_COOKIE or data[:2] != b"\x00\x01":
        return None
    if int.from_bytes(data[2:4]) != len(data) - STUN_HEADER_BYTES:
        return None
    position = STUN_HEADER_BYTES
    while position + 4 <= len(data):
        kind = int.from_bytes(data[position : position + 2])
        length = int.from_bytes(data[position + 2 : position + 4])
        if kind == STUN_USERNAME:
            value = data[position + 4 : position + 4 + length]
            if len(value) != length or length > STUN_USERNAME_MAX_BYTES:
                return None
            local, colon, _ = value.partition(b":")
            return local.decode("ascii", "replace") if colon else None
        position += 4 + (length + 3 & ~3)
    return None


def stun_transaction_id(data: bytes) -> bytes | None:
    """The transaction id of a well-framed STUN success or error response, else None."""
    if len(data) < STUN_HEADER_BYTES or data[4:8] != STUN_MAGIC_COOKIE:
        return None
    if data[:2] not in (b"\x01\x01", b"\x01\x11"):
        return None
    return data[8:20]


class Guard(Generic[LegT]):
    """The table of validated addresses, and the counts of refusals."""

    def __init__(self) -> None:
        self.legs_by_address: dict[Address, LegT] = {}
        self._addresses_by_leg: dict[LegT, list[Address]] = {}
        self.refused: Counter[str] = Counter()

    def validate(self, address: Address, leg: LegT) -> None:
        """`address` has sent an authenticated STUN request for `leg`: accept its datagrams from now on."""
        holder = self.legs_by_address.get(address)
        if holder is leg:
            return
        if holder is not None:
            self._addresses_by_leg[holder].remove(address)
        addresses = self._addresses_by_leg.setdefault(leg, [])
        if len(addresses) >= ADDRESSES_PER_LEG:
            # Keep the address in use: otherwise replayed checks from other addresses would displace it.
            oldest = next(one for one in addresses if one != leg.address)
            addresses.remove(oldest)
            del self.legs_by_address[oldest]
        addresses.append(address)
        self.legs_by_address[address] = leg

    def forget(self, leg: LegT) -> None:
        """`leg` has closed: stop accepting datagrams from its addresses."""
        for address in self._addresses_by_leg.pop(leg, ()):
            del self.legs_by_address[address]
