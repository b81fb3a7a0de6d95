"""The frame number survives what thin encoders do to a picture."""

import itertools

import cv2
import numpy as np
import pytest

from benchmarks.lab.senses import picture, stamp

LOOP = picture.FRAMES


def luma(number, level=120):
    image = np.full((480, 640), level, dtype=np.uint8)
    stamp.draw(image, number, LOOP)
    return image


def received(image, size, quality):
    """As a receiver has it: small, and coarsely quantised in blocks of 8x8."""
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)


def test_every_number_is_read_back():
    assert [stamp.read(luma(number), LOOP) for number in range(LOOP)] == list(range(LOOP))


@pytest.mark.parametrize("name", picture.PICTURES)
@pytest.mark.parametrize("size", [(160, 120), (320, 240), (640, 480), (176, 144)])
def test_numbers_survive_small_coarse_pictures(name, size):
    frames = itertools.islice(picture.PICTURES[name](1), 30)
    grey = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames]
    assert [stamp.read(received(frame, size, 5), LOOP) for frame in grey] == list(range(30))


def test_one_step_changes_one_bit_also_from_the_last_frame_to_the_first():
    codes = [stamp.code_of(number, LOOP) for number in range(LOOP + 1)]
    assert all((a ^ b).bit_count() == 1 for a, b in itertools.pairwise(codes))
    assert len(set(codes)) == LOOP


def test_two_frames_blended_are_read_as_none():
    blend = cv2.addWeighted(luma(10), 0.5, luma(11), 0.5, 0)
    assert stamp.read(blend, LOOP) is None


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_without_a_stamp_has_no_number(level):
    assert stamp.read(np.full((120, 160), level, dtype=np.uint8), LOOP) is None


def test_a_flipped_block_is_noticed():
    image = luma(3)
    third = slice(5 * stamp.BLOCK_PIXELS, 6 * stamp.BLOCK_PIXELS)
    image[: stamp.BLOCK_PIXELS, third] = stamp.WHITE + stamp.BLACK - image[: stamp.BLOCK_PIXELS, third]
    assert stamp.read(image, LOOP) is None


def test_what_is_compared_has_no_stamp_in_it():
    one, other = stamp.under_the_stamp(luma(1)), stamp.under_the_stamp(luma(100))
    assert np.array_equal(one, other)
    assert one.shape[0] > 400
