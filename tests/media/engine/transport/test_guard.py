"""Which datagrams reach a leg: classification, the cheap check of STUN, the table of addresses."""

from __future__ import annotations

import pytest

from benchmarks.peers.ice import IceClient
from media.engine.transport.datagrams import DATAGRAM_MAX_BYTES, Address
from media.engine.transport.guard import (
    ADDRESSES_PER_LEG,
    Guard,
    Kind,
    classify,
    stun_local_username,
    stun_transaction_id,
)


class _Leg:
    """Stands for a leg: of it the guard only wants to know the address in use."""

    address: Address = ("192.0.2.1", 0)


def leg() -> _Leg:
    return _Leg()


def check(remote: str = "ours") -> bytes:
    client = IceClient()
    client.set_remote(remote, "p" * 32)
    return client.check()


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (0, Kind.STUN),
        (3, Kind.STUN),
        (4, Kind.REFUSED),
        (19, Kind.REFUSED),
        (20, Kind.DTLS),
        (63, Kind.DTLS),
        (64, Kind.REFUSED),
        (127, Kind.REFUSED),
        (128, Kind.SRTP),
        (191, Kind.SRTP),
        (192, Kind.REFUSED),
    ],
)
def test_the_first_byte_gives_the_protocol(first: int, kind: Kind) -> None:
    assert classify(bytes((first, 0, 0, 0))) == kind


def test_empty_and_oversize_datagrams_are_refused() -> None:
    assert classify(b"") == Kind.REFUSED
    assert classify(b"\x80" * DATAGRAM_MAX_BYTES) == Kind.SRTP
    assert classify(b"\x80" * (DATAGRAM_MAX_BYTES + 1)) == Kind.REFUSED


def test_a_check_names_its_leg() -> None:
    assert stun_local_username(check("ours")) == "ours"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        check()[:19],
        check()[:-1],
        check() + b"\x00",
        b"\x01\x01" + check()[2:],
        check()[:4] + b"\x00\x00\x00\x00" + check()[8:],
        check()[:20],
    ],
    ids=["empty", "short", "cut", "long", "response", "no cookie", "no attributes"],
)
def test_a_badly_framed_request_names_no_leg(data: bytes) -> None:
    assert stun_local_username(data) is None


def test_a_user_name_without_colon_or_too_long_names_no_leg() -> None:
    def request(value: bytes) -> bytes:
        padded = value + bytes(-len(value) % 4)
        body = b"\x00\x06" + len(value).to_bytes(2) + padded
        return b"\x00\x01" + len(body).to_bytes(2) + b"\x21\x12\xa4\x42" + bytes(12) + body

    assert stun_local_username(request(b"ours:theirs")) == "ours"
    assert stun_local_username(request(b"ours")) is None
    assert stun_local_username(request(b"ours:" + b"x" * 600)) is None


def test_a_response_shows_its_transaction() -> None:
    request = check()
    for kind in (b"\x01\x01", b"\x01\x11"):
        assert stun_transaction_id(kind + request[2:]) == request[8:20]
    assert stun_transaction_id(request) is None
    assert stun_transaction_id(b"\x01\x01" + request[2:19]) is None


def test_an_address_belongs_to_the_leg_that_proved_it_last() -> None:
    guard, first, second = Guard(), leg(), leg()
    guard.validate(("192.0.2.1", 1), first)
    guard.validate(("192.0.2.1", 1), second)
    assert guard.legs_by_address == {("192.0.2.1", 1): second}
    guard.forget(first)
    assert guard.legs_by_address == {("192.0.2.1", 1): second}


def test_a_legs_oldest_address_gives_way_but_never_the_one_in_use() -> None:
    guard, one = Guard(), leg()
    for port in range(ADDRESSES_PER_LEG + 3):
        guard.validate(("192.0.2.1", port), one)
    assert sorted(port for _, port in guard.legs_by_address) == [0, *range(4, ADDRESSES_PER_LEG + 3)]


def test_a_forgotten_leg_leaves_nothing_behind() -> None:
    guard, one = Guard(), leg()
    guard.validate(("192.0.2.1", 1), one)
    guard.forget(one)
    assert guard.legs_by_address == {}
    assert guard._addresses_by_leg == {}
