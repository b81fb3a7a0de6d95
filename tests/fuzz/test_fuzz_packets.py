"""Every packet parser against mutated packets: documented errors only, and what is accepted makes sense."""

from __future__ import annotations

import pytest

from media.core import rtp
from media.core.rtp import Codec, is_keyframe, red, rtx
from media.core.share import layer_of
from tests.fuzz.harness import fuzz

RTP_SEEDS = [
    # Chromium video: one-byte extensions (abs-send-time, transport-wide number, mid), VP8 payload.
    bytes.fromhex(
        "90e0 1f2a 3b5d02c1 5ca1ab1e bede 0003 22 a1b2c3 31 0b7e 40 31 0000 00 90e08a5501 50310"
        "09d012a4001f000".replace(" ", "")
    ),
    # Two-byte extensions with an empty element and padding between, two CSRCs, marker.
    bytes.fromhex(
        "926f00010000000200000003000000040000000510000004030212ab0500000701ff0b0401020304000058aabb"
    ),
    # Padding only, as browsers probe.
    rtp.build(
        b"", second_byte=0x61, sequence_number=9, timestamp=8, ssrc=7, twcc_id=3, twcc_seq=1, padding=224
    ),
    rtp.build(b"\x58opus", second_byte=0xEF, sequence_number=65_535, timestamp=2**32 - 1, ssrc=1),
    # An application's own extension profile.
    bytes.fromhex("90600001000000020000000300010001deadbeef0102"),
]

RTX_SEEDS = [
    rtx.wrap(RTP_SEEDS[0], ssrc=77, payload_type=97, sequence_number=5, twcc_id=3, twcc_seq=4),
    rtx.wrap(RTP_SEEDS[3], ssrc=77, payload_type=97, sequence_number=6),
    RTP_SEEDS[2],
]


def _red_seeds() -> list[bytes]:
    sender = red.RedSender(3, 500)
    return [sender.encapsulate(111, index * 2_880, b"\x58" + bytes((index,)) * 20) for index in range(5)]


RED_SEEDS = _red_seeds()

KEYFRAME_SEEDS = {
    Codec.VP8: ["90e081230140509d012a", "1051310090", "90f08a550151"],
    Codec.VP9: ["ae8123400582498342", "8812824983", "aa812304120182"],
    Codec.AV1: ["180a0b000000", "20030a0b0030aabb", "000212000208aa", "008100083001"],
    Codec.H264: ["780002 68ce0003 6742e0", "7c858880", "6588aabb", "419a"],
}


def read_rtp(data: bytes) -> None:
    """Do all that the relay does with a header; the composed packet must parse again."""
    second_byte, sequence_number, timestamp, ssrc, header_len = rtp.parse(data)
    for ext_id in range(17):
        assert -1 <= rtp.extension_u16(data, ext_id) <= 0xFFFF
        assert -1 <= rtp.extension_u8(data, ext_id) <= 0xFF
    end = rtp.payload_end(data, header_len)
    assert header_len <= end <= len(data)
    composed = rtp.compose(
        data,
        header_len,
        second_byte=second_byte,
        sequence_number=sequence_number,
        timestamp=timestamp,
        ssrc=ssrc,
        twcc_id=3,
        twcc_seq=513,
    )
    assert rtp.parse(composed) == (second_byte, sequence_number, timestamp, ssrc, 20)
    assert composed[20 : rtp.payload_end(composed, 20)] == data[header_len:end]
    assert rtp.extension_u16(composed, 3) == 513


def read_rtx(data: bytes) -> None:
    header_len = rtp.parse(data)[4]
    original = rtx.unwrap(data, header_len, ssrc=5, payload_type=96)
    if original is not None:
        second_byte, _, _, ssrc, original_header_len = rtp.parse(original)
        assert (second_byte & 0x7F, ssrc, original_header_len) == (96, 5, header_len)
        assert rtp.payload_end(original, original_header_len) == len(original)


def read_red(data: bytes) -> None:
    blocks = red.parse(data)
    assert blocks[-1].timestamp_offset == 0
    assert sum(len(block.data) for block in blocks) < len(data)


def follow_red(data: bytes) -> None:
    """A whole stream in one input: (two bytes of sequence number, four of timestamp, length, payload) …"""
    receiver = red.RedReceiver()
    delivered: set[int] = set()
    at = 0
    while at + 8 <= len(data):
        sequence_number = int.from_bytes(data[at : at + 2])
        timestamp = int.from_bytes(data[at + 2 : at + 6])
        length = int.from_bytes(data[at + 6 : at + 8]) & 0x3FF
        payload = data[at + 8 : at + 8 + length]
        at += 8 + length
        try:
            fresh = receiver.received(sequence_number, timestamp, payload)
        except red.RedError:
            continue
        numbers = [number for number, _, _ in fresh]
        assert len(set(numbers)) == len(numbers)
        assert all(0 <= number <= 0xFFFF and 0 <= moment < 2**32 for number, moment, _ in fresh)
        delivered.update(numbers)
        assert len(receiver._known) <= red.WINDOW_PACKETS


def _streams() -> list[bytes]:
    def frame(index: int) -> bytes:
        head = (65_533 + index & 0xFFFF).to_bytes(2) + (index * 2_880).to_bytes(4)
        return head + len(RED_SEEDS[index]).to_bytes(2) + RED_SEEDS[index]

    return [b"".join(map(frame, order)) for order in ((0, 1, 2, 3, 4), (0, 3, 4), (0, 2, 1, 4))]


def test_rtp_headers(fuzz_inputs: int) -> None:
    accepted = fuzz(read_rtp, RTP_SEEDS, rtp.RtpError, fuzz_inputs, 1, name="rtp")
    assert accepted > fuzz_inputs // 10, "mutations that never pass the header test nothing behind it"


def test_rtx(fuzz_inputs: int) -> None:
    accepted = fuzz(read_rtx, RTX_SEEDS, rtp.RtpError, fuzz_inputs, 2, name="rtx")
    assert accepted > fuzz_inputs // 10


def test_red_payloads(fuzz_inputs: int) -> None:
    accepted = fuzz(read_red, RED_SEEDS, red.RedError, fuzz_inputs, 3, name="red")
    assert accepted > fuzz_inputs // 10


def test_red_streams(fuzz_inputs: int) -> None:
    fuzz(follow_red, _streams(), (), fuzz_inputs, 4, name="red_stream")


@pytest.mark.parametrize("codec", KEYFRAME_SEEDS)
def test_keyframes(codec: Codec, fuzz_inputs: int) -> None:
    seeds = [bytes.fromhex(seed.replace(" ", "")) for seed in KEYFRAME_SEEDS[codec]]
    verdicts: set[bool] = set()

    def read_keyframe(data: bytes) -> None:
        verdicts.add(is_keyframe(codec, data, 0, len(data)))

    fuzz(read_keyframe, seeds, (), fuzz_inputs, 5, name=f"keyframe_{codec.name.lower()}")
    assert verdicts == {True, False}


LAYER_SEEDS = {
    Codec.VP8: ["90e0812307a031", "80e0230740", "90e081230700509d012a"],
    Codec.VP9: ["ec8123500787", "ac235007", "8c81238249"],
    Codec.AV1: ["1034405500", "208301344055", "903440", "180a0b0000"],
}


@pytest.mark.parametrize("codec", LAYER_SEEDS)
def test_temporal_layers(codec: Codec, fuzz_inputs: int) -> None:
    seeds = [bytes.fromhex(seed) for seed in LAYER_SEEDS[codec]]
    seen: set[int] = set()

    def read_layer(data: bytes) -> None:
        seen.add(layer_of(codec, data, 0, len(data)).number)

    fuzz(read_layer, seeds, (), fuzz_inputs, 6, name=f"layer_{codec.name.lower()}")
    assert {0, 1, 2} <= seen <= set(range(-1, 8))
