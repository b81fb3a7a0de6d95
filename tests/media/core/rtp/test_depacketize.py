"""Payloads back into frames: byte for byte, for real streams and for made-up ones."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import av
import pytest
from aiortc.codecs import h264 as aiortc_h264
from aiortc.codecs import vpx as aiortc_vpx
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.peers.video_source import Camera, SourceEncoder
from media.core.rtp.codecs import Codec, is_keyframe
from media.core.rtp.depacketize import MAX_FRAME_BYTES, DepacketizeError, frame_of, starts_frame
from media.engine.copies.copymaker import DECODERS
from tests.support.payloads import (
    av1_payloads,
    h264_payloads,
    nal_units_of,
    obus_of,
    payloads_of,
    vp9_payloads,
)

CODECS = (Codec.VP8, Codec.VP9, Codec.AV1, Codec.H264)


@cache
def real_stream(codec: Codec) -> tuple[bytes, ...]:
    """Frames of an encoder, the first one a keyframe large enough for several packets."""
    camera = Camera(320, 240)
    encoder = SourceEncoder(codec, 320, 240, framerate=15, bitrate_bps=400_000)
    frames = [frame for _ in range(12) for frame in encoder.encode(camera.picture())]
    return (*frames, *encoder.rest())


def decoded(codec: Codec, frames: list[bytes]) -> list[bytes]:
    decoder = av.CodecContext.create(DECODERS[codec], "r")
    pictures = [picture for frame in frames for picture in decoder.decode(av.Packet(frame))]
    pictures += decoder.decode(None)
    return [picture.to_ndarray().tobytes() for picture in pictures]


@pytest.mark.parametrize("codec", CODECS)
def test_a_real_stream_decodes_to_the_same_pictures_after_packetizing(codec: Codec) -> None:
    frames = list(real_stream(codec))
    packets = [payloads_of(codec, frame, index, 300) for index, frame in enumerate(frames)]
    assert max(map(len, packets)) > 3
    rebuilt = [frame_of(codec, payloads) for payloads in packets]
    assert decoded(codec, rebuilt) == decoded(codec, frames)
    assert is_keyframe(codec, packets[0][0], 0, len(packets[0][0]))
    assert all(starts_frame(codec, payloads[0]) for payloads in packets)


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.VP9])
def test_frames_of_vpx_come_back_byte_for_byte(codec: Codec) -> None:
    for index, frame in enumerate(real_stream(codec)):
        assert frame_of(codec, payloads_of(codec, frame, index, 250)) == frame


def test_what_aiortc_packetizes_is_read() -> None:
    """Payloads of packetizers other than our own."""
    for frame in real_stream(Codec.VP8):
        packet = av.Packet(frame)
        packet.pts, packet.time_base = 0, Fraction(1, 90_000)
        assert frame_of(Codec.VP8, aiortc_vpx.Vp8Encoder().pack(packet)[0]) == frame
    for frame in real_stream(Codec.H264):
        packet = av.Packet(frame)
        packet.pts, packet.time_base = 0, Fraction(1, 90_000)
        payloads = aiortc_h264.H264Encoder().pack(packet)[0]
        assert nal_units_of(frame_of(Codec.H264, payloads)) == nal_units_of(frame)


@given(frame=st.binary(min_size=1, max_size=3_000), index=st.integers(0, 0x7FFF), size=st.integers(20, 1_200))
def test_vp9_in_packets_of_any_size_comes_back(frame: bytes, index: int, size: int) -> None:
    assert frame_of(Codec.VP9, vp9_payloads(frame, index, size)) == frame


@given(
    obus=st.lists(st.binary(min_size=0, max_size=900), min_size=1, max_size=5),
    size=st.integers(24, 1_200),
    counted=st.booleans(),
)
def test_av1_in_packets_of_any_size_comes_back(obus: list[bytes], size: int, counted: bool) -> None:
    frame_obus = [b"\x30" + content for content in obus]  # OBU_FRAME without a size field
    frame = frame_of(Codec.AV1, av1_payloads(frame_obus, size, count_elements=counted))
    assert frame.startswith(b"\x12\x00")
    assert obus_of(frame) == frame_obus


@given(
    units=st.lists(
        st.tuples(st.sampled_from((1, 5, 6, 7, 8)), st.binary(min_size=1, max_size=2_000)),
        min_size=1,
        max_size=5,
    ),
    size=st.integers(50, 1_200),
)
def test_h264_in_packets_of_any_size_comes_back(units: list[tuple[int, bytes]], size: int) -> None:
    whole = [bytes((0x60 | kind,)) + content for kind, content in units]
    payloads = h264_payloads(whole, size)
    expected = sorted(b"\x00\x00\x00\x01" + unit for unit in whole)
    frame = frame_of(Codec.H264, payloads)
    assert len(frame) == sum(map(len, expected))
    assert all(one in frame for one in expected)


def test_vp9_flexible_mode_and_its_structure_are_skipped() -> None:
    # I, F, B, E, V: picture id 7 bits; then SS: one spatial layer with size, one picture with two references.
    keyframe = (
        bytes((0x80 | 0x10 | 0x08 | 0x04 | 0x02, 5, 0x18)) + b"\x01\x40\x00\xf0" + bytes((1, 0x08, 1, 2))
    )
    assert frame_of(Codec.VP9, [keyframe + b"frame"]) == b"frame"
    # I, P, F, B, E: two reference differences, the first one with N set.
    delta = bytes((0x80 | 0x40 | 0x10 | 0x08 | 0x04, 6, 0x03, 0x04))
    assert frame_of(Codec.VP9, [delta + b"delta"]) == b"delta"


def test_higher_spatial_layers_of_vp9_are_left_out() -> None:
    # L without F: layer byte and TL0PICIDX.
    base = bytes((0x20 | 0x08, 0x00, 9)) + b"base"
    upper = bytes((0x20 | 0x08 | 0x04, 0x02, 9)) + b"upper"
    assert frame_of(Codec.VP9, [base, upper]) == b"base"


@pytest.mark.parametrize(
    ("codec", "payloads"),
    [
        (Codec.OPUS, [b"\x18"]),
        (Codec.VP8, []),
        (Codec.VP8, [b"\x10"]),
        (Codec.VP8, [b"\x00data"]),
        (Codec.VP8, [b"\x90\x80"]),
        (Codec.VP9, [b"\x04data"]),
        (Codec.VP9, [b"\x8a\x01"]),
        (Codec.AV1, [b"\x80\x01\x30"]),
        (Codec.AV1, [b"\x40\x01\x30"]),
        (Codec.AV1, [b"\x20\x01\x30"]),
        (Codec.AV1, [b"\x00\x05\x30"]),
        (Codec.AV1, [b"\x10\xb0"]),
        (Codec.AV1, [b"\x10\x12"]),
        (Codec.H264, [b"\x7c\x05a"]),
        (Codec.H264, [b"\x7c\x85a"]),
        (Codec.H264, [b"\x7c\x85a", b"\x41slice"]),
        (Codec.H264, [b"\x78\x00\x09ab"]),
        (Codec.H264, [b"\x78"]),
        (Codec.H264, [b"\x79ab"]),
        (Codec.H264, [b""]),
    ],
)
def test_payloads_that_make_no_frame_raise_the_documented_error(codec: Codec, payloads: list[bytes]) -> None:
    with pytest.raises(DepacketizeError):
        frame_of(codec, payloads)


def test_a_frame_without_bound_is_refused() -> None:
    with pytest.raises(DepacketizeError, match="too large"):
        frame_of(Codec.VP8, [b"\x10" + bytes(MAX_FRAME_BYTES)])
