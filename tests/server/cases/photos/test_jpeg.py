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
