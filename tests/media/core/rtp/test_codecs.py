"""Keyframes are recognised in every payload format, and no payload is an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.rtp.codecs import Codec, ends_frame, is_keyframe

VIDEO = (Codec.VP8, Codec.VP9, Codec.AV1, Codec.H264)


def check(codec: Codec, payload: str) -> bool:
    """Look at the payload between other bytes, so that a wrong offset shows."""
    data = bytes.fromhex(payload.replace(" ", ""))
    return is_keyframe(codec, b"\xff\x00" + data + b"\x01\xff", 2, 2 + len(data))


@pytest.mark.parametrize(
    ("payload", "expected", "why"),
    [
        ("10 50 31 00 9d 01 2a", True, "S, no extension, P = 0"),
        ("10 51 31 00", False, "P = 1: an interframe"),
        ("00 50 31 00", False, "S = 0: in the middle of the frame"),
        ("11 50 31 00", False, "a later partition"),
        ("30 50 31 00", True, "the N bit changes nothing"),
        ("18 50 31 00", True, "the reserved bit changes nothing"),
        ("90 80 11 50", True, "PictureID of 7 bits"),
        ("90 80 81 23 50", True, "PictureID of 15 bits"),
        ("90 80 81 23 51", False, "PictureID of 15 bits, interframe"),
        ("90 e0 81 23 01 40 50", True, "PictureID, TL0PICIDX, TID"),
        ("90 f0 81 23 01 40 51", False, "the same with KEYIDX, interframe"),
        ("90 10 01 50", True, "KEYIDX alone"),
        ("10", False, "no payload header"),
        ("90", False, "cut off in the descriptor"),
        ("90 80 81 23", False, "cut off after the descriptor"),
    ],
)
def test_vp8(payload: str, expected: bool, why: str) -> None:
    assert check(Codec.VP8, payload) is expected, why


@pytest.mark.parametrize(
    ("payload", "expected", "why"),
    [
        ("08 82", True, "B, P = 0"),
        ("48 82", False, "P = 1: an interframe"),
        ("00 82", False, "not the beginning of a frame"),
        ("88 12 82", True, "PictureID of 7 bits"),
        ("a8 81 23 00 05", True, "PictureID of 15 bits, layer 0"),
        ("a8 81 23 02 05", False, "spatial layer 1"),
        ("ae 81 23 40 05", True, "temporal layer 2 of spatial layer 0, with a scalability structure"),
        ("88", False, "cut off in the descriptor"),
        ("a8 81 23", False, "cut off before the layer indices"),
    ],
)
def test_vp9(payload: str, expected: bool, why: str) -> None:
    assert check(Codec.VP9, payload) is expected, why


@pytest.mark.parametrize(
    ("payload", "expected", "why"),
    [
        ("18 0a 0b 00", True, "N: the first packet of a coded video sequence"),
        ("10 30 0b 00", False, "one frame OBU"),
        ("98 0a 0b", False, "Z: goes on with an earlier OBU"),
        ("20 03 0a 0b 00 30 aa", True, "a sequence header before a frame, W = 2"),
        ("20 02 12 00 08 aa", True, "a sequence header in second place, without a length"),
        ("00 02 12 00 02 08 aa", True, "W = 0: a length before each"),
        ("00 02 12 00 02 30 aa", False, "W = 0, a frame"),
        ("00 81 00 08", True, "a length in two bytes of leb128"),
        ("20 ff ff ff ff ff ff ff ff ff 08", False, "a length that does not end"),
        ("20 05 30", False, "a length beyond the end"),
        ("20 00 08", False, "an element of no length"),
        ("10", False, "nothing after the aggregation header"),
    ],
)
def test_av1(payload: str, expected: bool, why: str) -> None:
    assert check(Codec.AV1, payload) is expected, why


@pytest.mark.parametrize(
    ("payload", "expected", "why"),
    [
        ("65 88", True, "IDR slice"),
        ("67 42 e0", True, "SPS"),
        ("68 ce", False, "PPS"),
        ("41 9a", False, "another slice"),
        ("78 0002 68ce 0003 6742e0", True, "STAP-A: PPS, then SPS"),
        ("78 0002 68ce 0002 419a", False, "STAP-A: PPS and a slice"),
        ("78 0002 68ce 0009 6742", False, "STAP-A: a size beyond the end"),
        ("78 0000 65", False, "STAP-A: an empty unit"),
        ("7c 85 88", True, "FU-A: first fragment of an IDR slice"),
        ("7c 05 88", False, "FU-A: a later fragment"),
        ("7c 81 88", False, "FU-A: first fragment of another slice"),
        ("7c", False, "FU-A cut off"),
        ("78 00", False, "STAP-A cut off"),
    ],
)
def test_h264(payload: str, expected: bool, why: str) -> None:
    assert check(Codec.H264, payload) is expected, why


@pytest.mark.parametrize("codec", [Codec.OPUS, Codec.RED, Codec.RTX])
def test_a_codec_without_pictures_has_no_keyframe(codec: Codec) -> None:
    assert not is_keyframe(codec, b"\x10\x50\x65", 0, 3)


@given(
    codec=st.sampled_from(VIDEO),
    data=st.binary(max_size=40),
    start=st.integers(-2, 50),
    end=st.integers(-2, 60),
)
def test_no_bytes_and_no_bounds_raise(codec: Codec, data: bytes, start: int, end: int) -> None:
    assert is_keyframe(codec, data, start, end) in (True, False)
    assert not is_keyframe(codec, data, end, end)


@given(codec=st.sampled_from(VIDEO), data=st.binary(max_size=20), tail=st.binary(max_size=20))
def test_bytes_behind_the_end_do_not_count(codec: Codec, data: bytes, tail: bytes) -> None:
    assert is_keyframe(codec, data + tail, 0, len(data)) == is_keyframe(codec, data, 0, len(data))


def test_the_marker_ends_a_frame() -> None:
    assert ends_frame(0xE0)
    assert not ends_frame(0x60)
