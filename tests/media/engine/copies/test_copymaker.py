"""Decode, make smaller, encode: what comes out shows what went in."""

from __future__ import annotations

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.peers.video_source import Camera, SourceEncoder
from media.core.rtp import Codec
from media.core.share import Target
from media.engine.copies.copymaker import SOURCE_MAX_PIXELS, BrokenSource, CopyMaker, Made

TICKS = 6_000  # 15 frames a second


def frames_of(
    codec: Codec, count: int, *, width: int = 640, height: int = 480
) -> tuple[list[bytes], list[npt.NDArray[np.uint8]]]:
    camera = Camera(width, height)
    encoder = SourceEncoder(codec, width, height, framerate=15, bitrate_bps=1_500_000)
    pictures = [camera.picture() for _ in range(count)]
    frames = [frame for picture in pictures for frame in encoder.encode(picture)]
    return frames + encoder.rest(), pictures


def run(maker: CopyMaker, frames: list[bytes], first: int = 0) -> list[tuple[int, Made]]:
    made = ((index, maker.frame((first + index) * TICKS, frame)) for index, frame in enumerate(frames))
    return [(index, one) for index, one in made if one is not None]


def shown(made: list[Made]) -> list[npt.NDArray[np.uint8]]:
    decoder = av.CodecContext.create("libvpx", "r")
    return [
        picture.to_ndarray(format="gray") for one in made for picture in decoder.decode(av.Packet(one.data))
    ]


def bps(made: list[tuple[int, Made]], frames: int) -> float:
    return sum(len(one.data) for _, one in made) * 8 * 15 / frames


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.VP9, Codec.AV1, Codec.H264])
def test_the_copy_is_the_source_made_smaller(codec: Codec) -> None:
    frames, pictures = frames_of(codec, 30)
    made = run(CopyMaker(codec, Target(120, 30.0, 150_000)), frames)
    assert len(made) >= 25
    assert {(one.width, one.height) for _, one in made} == {(160, 120)}
    assert made[0][1].keyframe
    assert not any(one.keyframe for _, one in made[1:])
    seen = shown([one for _, one in made])
    for (index, _), picture in zip(made, seen, strict=True):
        assert difference(picture, pictures[index]) < 8, f"frame {index} is another picture"
    assert difference(seen[0], pictures[0][::-1]) > 16, "the bound tells nothing"


def difference(picture: npt.NDArray[np.uint8], source: npt.NDArray[np.uint8]) -> float:
    """Mean error of the copy's gray against the source made as small by OpenCV."""
    gray = cv2.cvtColor(source, cv2.COLOR_BGR2GRAY)
    lines, columns = picture.shape
    small = cv2.resize(gray, (columns, lines), interpolation=cv2.INTER_AREA)
    return float(np.mean(np.abs(picture.astype(np.float64) - small.astype(np.float64))))


def test_the_rate_is_kept_and_follows_its_target_without_a_keyframe() -> None:
    frames, _ = frames_of(Codec.VP8, 90)
    maker = CopyMaker(Codec.VP8, Target(120, 8.0, 40_000))
    run(maker, frames)
    full = run(maker, frames, 90)
    maker.retarget(Target(120, 8.0, 24_000))
    run(maker, frames, 180)
    less = run(maker, frames, 270)
    assert 0.6 * 40_000 < bps(full, 90) < 1.2 * 40_000
    assert 0.6 * 24_000 < bps(less, 90) < 1.2 * 24_000
    assert not any(one.keyframe for _, one in less)


def test_twenty_kilobits_carry_a_moving_picture() -> None:
    frames, _ = frames_of(Codec.VP8, 150)
    maker = CopyMaker(Codec.VP8, Target(120, 5.0, 20_000))
    made = run(maker, frames)
    assert len(made) >= 25
    assert bps(made, 150) < 1.3 * 20_000


def test_the_frame_rate_is_kept_whatever_the_source_sends() -> None:
    frames, _ = frames_of(Codec.VP8, 60)
    assert len(run(CopyMaker(Codec.VP8, Target(120, 5.0, 100_000)), frames)) == 20
    assert 38 <= len(run(CopyMaker(Codec.VP8, Target(120, 10.0, 100_000)), frames)) <= 40
    # The encoder may leave out one behind its keyframe.
    assert len(run(CopyMaker(Codec.VP8, Target(120, 15.0, 100_000)), frames)) >= 55


def test_a_new_size_and_a_keyframe_request_give_a_keyframe() -> None:
    frames, _ = frames_of(Codec.VP8, 30)
    maker = CopyMaker(Codec.VP8, Target(120, 15.0, 100_000))
    run(maker, frames[:10])
    maker.retarget(Target(180, 15.0, 100_000))
    _, first = run(maker, frames[10:20], 10)[0]
    assert (first.width, first.height, first.keyframe) == (240, 180, True)
    maker.want_keyframe()
    later = run(maker, frames[20:], 20)
    assert [one.keyframe for _, one in later] == [True] + [False] * (len(later) - 1)


@pytest.mark.parametrize(("width", "height", "expected"), [(160, 120, (160, 120)), (240, 320, (120, 160))])
def test_the_copy_is_never_larger_and_keeps_its_shape(
    width: int, height: int, expected: tuple[int, int]
) -> None:
    frames, _ = frames_of(Codec.VP8, 3, width=width, height=height)
    lines = 120 if width < height else 480
    made = run(CopyMaker(Codec.VP8, Target(lines, 15.0, 100_000)), frames)
    assert (made[0][1].width, made[0][1].height) == expected


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.VP9, Codec.AV1, Codec.H264])
def test_a_broken_stream_is_reported_and_a_keyframe_restores_it(codec: Codec) -> None:
    frames, _ = frames_of(codec, 6)
    maker = CopyMaker(codec, Target(120, 15.0, 100_000))
    rng = np.random.default_rng(3)
    for size in (1, 3, 40, 900):
        try:
            maker.frame(0, rng.bytes(size))
        except BrokenSource:
            continue
    assert run(maker, frames, 1)


def test_a_picture_larger_than_a_webcams_is_refused() -> None:
    width, height = 2_048, 1_088
    assert width * height > SOURCE_MAX_PIXELS
    encoder = SourceEncoder(Codec.VP8, width, height, framerate=15, bitrate_bps=100_000)
    frame = encoder.encode(np.zeros((height, width, 3), np.uint8))[0]
    with pytest.raises(BrokenSource):
        CopyMaker(Codec.VP8, Target(120, 15.0, 100_000)).frame(0, frame)


def test_unreasonable_targets_are_brought_within_bounds() -> None:
    frames, _ = frames_of(Codec.VP8, 3, width=320, height=240)
    for target in (Target(0, float("nan"), 0), Target(65_535, float("inf"), 0xFFFF_FFFF)):
        assert run(CopyMaker(Codec.VP8, target), frames)
