"""Traffic is told apart by its first bytes."""

from __future__ import annotations

import pytest

from benchmarks.lab.emulator.kinds import TCP, UDP, kind_of


def ipv4(protocol: int, payload: bytes, options: bytes = b"") -> bytes:
    header = bytearray(20) + options
    header[0] = 0x40 | len(header) // 4
    header[9] = protocol
    return bytes(header) + payload


def udp(payload: bytes) -> bytes:
    return bytes(8) + payload


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"\x90\x6f", "rtp"),
        (b"\x80\xef", "rtp"),  # marker bit and payload type 111
        (b"\x81\xc9", "rtcp"),
        (b"\x8f\xcd", "rtcp"),
        (b"\x17\xfe", "data"),
        (b"\x00\x01", "stun"),
        (b"\xff\xff", "other"),
        (b"", "other"),
    ],
)
def test_a_datagram_is_told_by_its_first_two_bytes(payload: bytes, kind: str) -> None:
    assert kind_of(ipv4(UDP, udp(payload))) == kind
    assert kind_of(ipv4(UDP, udp(payload), options=bytes(4))) == kind


def test_pages_and_signaling_are_tcp() -> None:
    assert kind_of(ipv4(TCP, bytes(20))) == "tcp"


@pytest.mark.parametrize("packet", [b"", b"\x45", b"\x60" + bytes(60)])
def test_what_is_no_ipv4_is_other(packet: bytes) -> None:
    assert kind_of(packet) == "other"
