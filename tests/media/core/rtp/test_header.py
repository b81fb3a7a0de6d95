"""The RTP header: what is read, what is refused, what is written."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core import rtp

u8 = st.integers(0, 0xFF)
u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)

# As Chromium writes it: one-byte form, mid (id 4, "0"), transport-wide 0x1234 (id 3), audio level (id 1).
CHROMIUM = bytes.fromhex(
    "90ef 0102 00000304 0a0b0c0d bede 0002 1085 31 1234 40 30 00 78797a".replace(" ", "")
)


def test_a_browser_packet_is_read_field_by_field() -> None:
    assert rtp.parse(CHROMIUM) == (0xEF, 0x0102, 0x304, 0x0A0B0C0D, 24)
    assert rtp.extension_u16(CHROMIUM, 3) == 0x1234
    assert rtp.extension_u8(CHROMIUM, 1) == 0x85
    assert rtp.extension_u8(CHROMIUM, 4) == ord("0")
    assert rtp.extension_u8(CHROMIUM, 5) == -1
    assert rtp.extension_u16(CHROMIUM, 5) == -1


def test_a_one_byte_extension_is_not_read_as_a_16_bit_value() -> None:
    assert rtp.extension_u16(CHROMIUM, 1) == -1


def test_the_two_byte_form_is_read_with_its_padding() -> None:
    data = bytes.fromhex("90600001000000020000000310000003" + "00" + "0500" + "030212ab" + "0701ff" + "0000")
    header_len = rtp.parse(data)[4]
    assert header_len == len(data)
    assert rtp.extension_u16(data, 3) == 0x12AB
    assert rtp.extension_u8(data, 7) == 0xFF
    assert rtp.extension_u8(data, 5) == -1, "an element of length 0 has no first byte"


def test_the_reserved_identifier_15_ends_the_search() -> None:
    data = bytes.fromhex("906000010000000200000003bede0002" + "f0aa" + "31" + "1234" + "000000")
    assert rtp.extension_u16(data, 3) == -1


def test_csrcs_and_extension_count_as_header() -> None:
    data = bytes.fromhex(
        "92600001" + "00000002" + "00000003" + "11111111" + "22222222" + "bede0001" + "31abcd00" + "ff"
    )
    assert rtp.parse(data)[4] == 28
    assert rtp.extension_u16(data, 3) == 0xABCD


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "shorter"),
        (b"\x80" + bytes(10), "shorter"),
        (b"\x40" + bytes(11), "version"),
        (b"\x8f" + bytes(11), "beyond"),
        (b"\x90" + bytes(11), "no room"),
        (b"\x90" + bytes(11) + b"\xbe\xde\x00\x01", "beyond"),
    ],
)
def test_malformed_headers_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(rtp.RtpError, match=reason):
        rtp.parse(data)


@pytest.mark.parametrize("tail", [b"\x00", b"\x05", b"\xff"])
def test_impossible_padding_is_refused(tail: bytes) -> None:
    with pytest.raises(rtp.RtpError, match="padding"):
        rtp.payload_end(b"\xa0" + bytes(11) + b"ab" + tail, 12)


def test_padding_may_fill_the_whole_payload() -> None:
    probe = rtp.build(b"", second_byte=96, sequence_number=1, timestamp=2, ssrc=3, padding=255)
    assert len(probe) == 12 + 255
    assert rtp.payload_end(probe, rtp.parse(probe)[4]) == 12


def test_an_empty_packet_with_the_padding_bit_is_refused() -> None:
    with pytest.raises(rtp.RtpError):
        rtp.payload_end(b"\xa0" + bytes(11), 12)


@pytest.mark.parametrize(
    ("second", "expected"), [(191, False), (192, True), (200, True), (223, True), (224, False)]
)
def test_the_second_byte_distinguishes_rtcp_from_rtp(second: int, expected: bool) -> None:
    assert rtp.is_rtcp(bytes((0x80, second))) is expected
    assert not rtp.is_rtcp(b"\x80")


@given(
    payload=st.binary(max_size=64),
    second=u8,
    seq=u16,
    ts=u32,
    ssrc=u32,
    ext=st.integers(0, 14),
    n=u16,
    pad=u8,
)
def test_what_is_built_is_read_back(
    payload: bytes, second: int, seq: int, ts: int, ssrc: int, ext: int, n: int, pad: int
) -> None:
    data = rtp.build(
        payload,
        second_byte=second,
        sequence_number=seq,
        timestamp=ts,
        ssrc=ssrc,
        twcc_id=ext,
        twcc_seq=n,
        padding=pad,
    )
    *fields, header_len = rtp.parse(data)
    assert fields == [second, seq, ts, ssrc]
    assert data[header_len : rtp.payload_end(data, header_len)] == payload
    assert rtp.extension_u16(data, ext or 1) == (n if ext else -1)


@given(
    payload=st.binary(max_size=64), csrcs=st.lists(u32, max_size=15), words=st.integers(0, 6), seq=u16, pad=u8
)
def test_a_composed_packet_keeps_payload_and_padding_and_nothing_else(
    payload: bytes, csrcs: list[int], words: int, seq: int, pad: int
) -> None:
    first = 0x90 | (0x20 if pad else 0) | len(csrcs)
    tail = bytes(max(pad - 1, 0)) + bytes((pad,) if pad else ())
    source = (
        struct.pack("!BBHII", first, 96, 7, 8, 9)
        + b"".join(struct.pack("!I", csrc) for csrc in csrcs)
        + struct.pack("!HH", 0xBEDE, words)
        + b"\x31\x00\x01\x00" * words
        + payload
        + tail
    )
    header_len = rtp.parse(source)[4]
    plain = rtp.compose(source, header_len, second_byte=0xE1, sequence_number=seq, timestamp=5, ssrc=6)
    assert rtp.parse(plain) == (0xE1, seq, 5, 6, 12)
    assert plain[12:] == payload + tail
    assert plain[12 : rtp.payload_end(plain, 12)] == payload
    numbered = rtp.compose(
        source, header_len, second_byte=0xE1, sequence_number=seq, timestamp=5, ssrc=6, twcc_id=3, twcc_seq=77
    )
    assert rtp.parse(numbered) == (0xE1, seq, 5, 6, 20)
    assert rtp.extension_u16(numbered, 3) == 77
    assert numbered[20:] == payload + tail


@given(a=u16, step=st.integers(-0x8000, 0x7FFF))
def test_sequence_distance_is_the_step_taken(a: int, step: int) -> None:
    assert rtp.seq_delta((a + step) & 0xFFFF, a) == step


@given(a=u32, step=st.integers(-(2**31), 2**31 - 1))
def test_timestamp_distance_is_the_step_taken(a: int, step: int) -> None:
    assert rtp.ts_delta((a + step) & 0xFFFFFFFF, a) == step


@given(first=u16, steps=st.lists(st.integers(-500, 2000), max_size=200))
def test_unwrapping_follows_every_wrap_and_reordering(first: int, steps: list[int]) -> None:
    unwrapper = rtp.SequenceUnwrapper()
    position = first
    assert unwrapper.unwrap(first) == first
    highest = first
    for step in steps:
        position = highest + step
        assert unwrapper.unwrap(position & 0xFFFF) == position
        highest = max(highest, position)


def test_a_restart_is_believed_at_the_second_packet_in_a_row() -> None:
    restart = rtp.RestartDetector()
    assert not restart.confirms(0xFFFF)
    assert restart.confirms(0)
    assert not restart.confirms(5)
    assert not restart.confirms(9)
    assert restart.confirms(10)
