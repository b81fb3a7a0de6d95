"""Photos lose the camera's metadata, and nothing of the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.cases.photos.jpeg import NotAPicture, stripped


def picture() -> bytes:
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))
    ok, data = cv2.imencode(".jpg", np.dstack([ramp, ramp.T[:48, :48].repeat(2, 1)[:, :64], ramp]))
    assert ok
    return bytes(data)


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body


PLAIN = picture()
EXIF = segment(0xE1, b"Exif\0\0GPS 12.65N 8.0W Canon serial 0042")
COMMENT = segment(0xFE, b"Awa, 12 rue")


def test_place_device_and_comments_are_gone_and_the_picture_is_the_same() -> None:
    clean = stripped(PLAIN[:2] + EXIF + COMMENT + PLAIN[2:] + b"hidden after the end")
    for secret in (b"GPS", b"serial", b"Awa", b"hidden", b"JFIF"):
        assert secret not in clean
    before = cv2.imdecode(np.frombuffer(PLAIN, np.uint8), cv2.IMREAD_COLOR)
    after = cv2.imdecode(np.frombuffer(clean, np.uint8), cv2.IMREAD_COLOR)
    assert before is not None
    assert (before == after).all()


def frame_at(data: bytes) -> int:
    """Where the height of the picture stands."""
    return (
        next(data.index(bytes((0xFF, sof))) for sof in (0xC0, 0xC1, 0xC2) if bytes((0xFF, sof)) in data) + 5
    )


def sized(height: int, width: int) -> bytes:
    at = frame_at(PLAIN)
    return PLAIN[:at] + height.to_bytes(2) + width.to_bytes(2) + PLAIN[at + 4 :]


def test_of_adobes_segment_the_code_of_the_colours_alone_stays() -> None:
    hidden = b"GPS 12.65N"
    adobe = segment(0xEE, b"Adobe" + b"\0\x64" + b"AwAw" + b"\1" + hidden)
    clean = stripped(PLAIN[:2] + adobe + PLAIN[2:])
    assert clean[2:18] == segment(0xEE, b"Adobe\0\x64\0\0\0\0\1")
    assert hidden not in clean
    assert b"AwAw" not in clean
    for other in (b"Adobe_GPS", b"Photoshop 12.65N 8.0W", b""):
        assert stripped(PLAIN[:2] + segment(0xEE, other) + PLAIN[2:]) == stripped(PLAIN)


@pytest.mark.parametrize("marker", [*range(0xE0, 0xF0), *range(0xF0, 0xFF), 0xC8, 0x02, 0xBF])
def test_no_segment_that_draws_nothing_stays(marker: int) -> None:
    assert stripped(PLAIN[:2] + segment(marker, b"GPS 12.65N 8.0W") + PLAIN[2:]) == stripped(PLAIN)


@pytest.mark.parametrize("size", [(65535, 65535), (7072, 7072), (0, 64), (48, 0), (1, 65535), (65535, 763)])
def test_a_picture_that_would_fill_the_readers_memory_is_refused(size: tuple[int, int]) -> None:
    data = sized(*size)
    if 0 < size[0] * size[1] <= 50_000_000:
        assert stripped(data)
    else:
        with pytest.raises(NotAPicture):
            stripped(data)


def test_a_picture_has_one_frame_of_a_kind_that_is_drawn_and_few_scans() -> None:
    at = frame_at(PLAIN) - 5
    frame = PLAIN[at : at + 2 + int.from_bytes(PLAIN[at + 2 : at + 4])]
    scan = PLAIN.index(b"\xff\xda")
    for wrong in (
        PLAIN[:2] + frame + PLAIN[2:],
        PLAIN.replace(b"\xff\xc0", b"\xff\xc3"),
        PLAIN[:at] + segment(0xC0, frame[4:-1]) + PLAIN[at + len(frame) :],
        PLAIN[:-2] + PLAIN[scan:-2] * 64 + b"\xff\xd9",
    ):
        with pytest.raises(NotAPicture):
            stripped(wrong)
    assert stripped(PLAIN[:-2] + PLAIN[scan:-2] * 63 + b"\xff\xd9")


def test_stripping_twice_changes_nothing() -> None:
    assert stripped(stripped(PLAIN)) == stripped(PLAIN)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xd9", b"GIF89a", PLAIN[:-2], PLAIN[: len(PLAIN) // 2]],
)
def test_an_incomplete_picture_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        stripped(data)


@given(st.binary(max_size=200), st.integers(0, len(PLAIN)))
def test_any_bytes_are_a_picture_or_refused(junk: bytes, at: int) -> None:
    try:
        clean = stripped(PLAIN[:at] + junk + PLAIN[at:])
    except NotAPicture:
        return
    assert clean.startswith(b"\xff\xd8")
    assert clean.endswith(b"\xff\xd9")
