"""SSIM and PSNR on pictures whose fate is known."""

import itertools
import math

import cv2
import numpy as np
import pytest

from benchmarks.lab.senses import picture, sight, stamp


def sources():
    frames = itertools.islice(picture.PICTURES["talk"](1), 8)
    return [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames]


def test_equal_pictures_are_equal():
    image = sources()[0]
    assert sight.ssim(image, image) == pytest.approx(1)
    assert sight.psnr_db(image, image) == math.inf


def test_psnr_of_a_known_error():
    image = np.full((64, 64), 100, dtype=np.uint8)
    assert sight.psnr_db(image, image + 10) == pytest.approx(20 * math.log10(25.5))


def test_ssim_falls_with_noise_and_blur_but_hardly_with_brightness():
    image = sources()[0]
    noise = np.random.default_rng(1).normal(0, 20, image.shape)
    noisy = np.clip(image + noise, 0, 255).astype(np.uint8)
    brighter = np.clip(image.astype(int) + 8, 0, 255).astype(np.uint8)
    assert sight.ssim(image, noisy) < 0.6
    assert sight.ssim(image, cv2.GaussianBlur(image, (9, 9), 3)) < 0.9
    assert sight.ssim(image, brighter) > 0.95


def test_a_received_frame_is_compared_with_the_one_it_shows_at_its_own_size():
    frames = sources()
    small = [cv2.resize(frame, (160, 120), interpolation=cv2.INTER_AREA) for frame in frames]
    result = sight.seen(small[2:6], lambda number: frames[number], picture.FRAMES)
    assert (result["frames_read"], result["frames_seen"]) == (4, 4)
    assert result["ssim"] == pytest.approx(1)


def test_frames_whose_number_is_gone_are_counted_but_not_compared():
    frames = sources()
    gone = frames[1].copy()
    gone[: stamp.BLOCK_PIXELS] = 128
    result = sight.seen([frames[0], gone], lambda number: frames[number], picture.FRAMES)
    assert (result["frames_read"], result["frames_seen"]) == (1, 2)


def test_no_frames_give_no_values():
    assert sight.seen([], lambda number: sources()[number], picture.FRAMES) == {
        "ssim": None,
        "psnr": None,
        "frames_read": 0,
        "frames_seen": 0,
    }


def test_the_luma_of_the_camera_file_is_that_of_its_frames(tmp_path):
    path = tmp_path / "picture.y4m"
    picture.write_y4m(path, itertools.islice(picture.PICTURES["hard"](1), 3))
    stored = picture.y4m_luma(path)
    assert stored.shape == (3, 480, 640)
    assert [stamp.read(frame, picture.FRAMES) for frame in stored] == [0, 1, 2]
