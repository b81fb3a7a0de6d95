"""RTX: a wrapped packet is restored; a padding-only probe is not a packet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core import rtp
from media.core.rtp import rtx

u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)


@given(
    payload=st.binary(min_size=1, max_size=50),
    marker=st.booleans(),
    seq=u16,
    rtx_seq=u16,
    ts=u32,
    padding=st.integers(0, 40),
    twcc_id=st.integers(0, 14),
)
def test_a_wrapped_packet_is_restored_unchanged(
    payload: bytes, marker: bool, seq: int, rtx_seq: int, ts: int, padding: int, twcc_id: int
) -> None:
    second_byte = (0x80 if marker else 0) | 96
    sent = rtp.build(
        payload,
        second_byte=second_byte,
        sequence_number=seq,
        timestamp=ts,
        ssrc=11,
        twcc_id=2,
        twcc_seq=3,
        padding=padding,
    )
    again = rtx.wrap(sent, ssrc=22, payload_type=97, sequence_number=rtx_seq, twcc_id=twcc_id, twcc_seq=9)
    *fields, header_len = rtp.parse(again)
    assert fields == [second_byte + 1, rtx_seq, ts, 22]
    assert rtp.extension_u16(again, twcc_id or 1) == (9 if twcc_id else -1)
    original = rtx.unwrap(again, header_len, ssrc=11, payload_type=96)
    assert original is not None
    *fields, header_len = rtp.parse(original)
    assert fields == [second_byte, seq, ts, 11]
    assert original[header_len : rtp.payload_end(original, header_len)] == payload


def test_csrcs_and_extensions_of_the_retransmitted_packet_stay() -> None:
    data = bytes.fromhex("91e10005000000070000001600000042bede000110850000" + "0009" + "abcd")
    header_len = rtp.parse(data)[4]
    original = rtx.unwrap(data, header_len, ssrc=11, payload_type=96)
    assert original == bytes.fromhex("91e00009000000070000000b00000042bede000110850000" + "abcd")
    assert rtp.extension_u8(original, 1) == 0x85


def test_a_padding_only_probe_restores_no_packet() -> None:
    probe = rtp.build(b"", second_byte=97, sequence_number=1, timestamp=2, ssrc=3, padding=200)
    assert rtx.unwrap(probe, rtp.parse(probe)[4], ssrc=11, payload_type=96) is None
    empty = rtp.build(b"", second_byte=97, sequence_number=1, timestamp=2, ssrc=3)
    assert rtx.unwrap(empty, 12, ssrc=11, payload_type=96) is None


def test_half_an_original_number_is_refused() -> None:
    data = rtp.build(b"x", second_byte=97, sequence_number=1, timestamp=2, ssrc=3)
    with pytest.raises(rtp.RtpError, match="original sequence number"):
        rtx.unwrap(data, 12, ssrc=11, payload_type=96)
