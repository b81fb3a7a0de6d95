"""The lab's speech and pictures: made once, repeatable, in the form that Chromium reads."""

import itertools
import shutil
import wave

import numpy as np
import pytest

from benchmarks.lab.senses import media, picture

needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")


@needs_espeak
def test_speech_is_48_khz_mono_loud_and_has_pauses(tmp_path):
    with wave.open(str(media.speech_file(tmp_path)), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32767
    assert 15 < len(samples) / 48_000 < 30
    tenths = samples[: len(samples) // 4800 * 4800].reshape(-1, 4800)
    loudness = np.sqrt(np.mean(tenths**2, axis=1))
    assert np.median(loudness) > 0.03
    assert np.max(np.abs(samples)) <= media.SPEECH_PEAK
    assert 5 < np.sum(loudness < 0.001) < 40
    assert np.min(loudness) > 0  # a room, not digital silence


@needs_espeak
def test_media_are_made_once(tmp_path):
    first = media.speech_file(tmp_path)
    made_ns = first.stat().st_mtime_ns
    assert media.speech_file(tmp_path) == first
    assert first.stat().st_mtime_ns == made_ns
    assert list(tmp_path.iterdir()) == [first]


def frames(name, count=picture.FRAMES):
    return list(itertools.islice(picture.PICTURES[name](1), count))


@pytest.mark.parametrize("name", picture.PICTURES)
def test_pictures_repeat_with_the_seed(name):
    assert all(np.array_equal(a, b) for a, b in zip(frames(name, 5), frames(name, 5), strict=True))


def difference(a, b):
    return float(np.mean(np.abs(a.astype(int) - b.astype(int))))


@pytest.mark.parametrize("name", picture.PICTURES)
def test_the_loop_has_no_seam(name):
    loop = frames(name)
    steps = [difference(a, b) for a, b in itertools.pairwise(loop)]
    assert difference(loop[-1], loop[0]) <= 1.2 * max(steps)


def test_a_person_who_talks_moves_in_front_of_a_still_room():
    loop = frames("talk", 30)
    room = [frame[260:400, 20:120] for frame in loop]
    face = [frame[150:300, 230:410] for frame in loop]
    assert difference(face[0], face[15]) > 3 * difference(room[0], room[15])


def test_the_hard_picture_leaves_more_to_encode_than_the_talking_one():
    hard, talk = frames("hard", 2), frames("talk", 2)
    assert difference(*hard) > 4 * difference(*talk)


def test_a_y4m_file_has_its_header_and_every_frame(tmp_path):
    path = tmp_path / "picture.y4m"
    picture.write_y4m(path, iter(frames("talk", 3)))
    header, _, body = path.read_bytes().partition(b"\n")
    assert header == b"YUV4MPEG2 W640 H480 F15:1 Ip A1:1 C420"
    frame_bytes = len(b"FRAME\n") + 640 * 480 * 3 // 2
    assert len(body) == 3 * frame_bytes
    assert [body[start : start + 6] for start in range(0, len(body), frame_bytes)] == [b"FRAME\n"] * 3


def test_an_unknown_picture_is_refused(tmp_path):
    with pytest.raises(KeyError):
        media.picture_file("sunset", tmp_path)


def test_a_sharper_camera_shows_the_same_frames_in_four_times_the_pixels(tmp_path):
    small = frames("talk", 2)
    large = list(picture.enlarged(iter(small), 1))
    assert [image.shape for image in large] == [(960, 1280, 3)] * 2
    halved = [image.reshape(480, 2, 640, 2, 3).mean(axis=(1, 3)) for image in large]
    assert difference(halved[1], small[1]) < 2
    picture.write_y4m(tmp_path / "sharp.y4m", iter(large))
    assert (tmp_path / "sharp.y4m").read_bytes().startswith(b"YUV4MPEG2 W1280 H960 F15:1")
