"""The moving pictures of the lab, drawn frame by frame: a person who talks, and a hard one.

Owns: the drawing and the Y4M container. Seeded and periodic: the first frame follows the last without a jump; every
frame carries its number (stamp.py). ``talk`` resembles a consultation (a still textured room, a head that turns and
nods, a mouth and hands that move, sensor noise); ``hard`` gives an encoder nothing to predict from (detail
everywhere, turning, zooming and noisy).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.lab.senses import stamp

VERSION = 3  # part of the cached files' names: raise it with every change of a drawing
WIDTH_PIXELS = 640
HEIGHT_PIXELS = 480
FRAMES_PER_S = 15
LOOP_S = 10
# Gives 1280x960, the resolution of a common webcam, for stills; the stamp stays at its place.
SHARP_FACTOR = 2
FRAMES = FRAMES_PER_S * LOOP_S
# Standard deviation in 8-bit steps: a cheap webcam indoors, and a bad one at dusk.
TALK_NOISE = 1.5
HARD_NOISE = 6.0

Image = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

SKIN: Colour = (62, 84, 122)  # BGR, as everywhere in OpenCV
SHADE: Colour = (44, 60, 92)
COAT: Colour = (222, 226, 228)
SCARF: Colour = (70, 130, 40)


def _wave(phase: float, times: int, shift: float = 0.0) -> float:
    """A sine with ``times`` periods in a loop; ``phase`` runs from 0 to 1."""
    return math.sin(2 * math.pi * (times * phase + shift))


def _texture(rng: np.random.Generator, height: int, width: int, grain: int) -> Image:
    """A smooth random pattern with features of about ``grain`` pixels."""
    small = rng.integers(0, 256, (height // grain + 2, width // grain + 2, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _noisy(image: Image, rng: np.random.Generator, deviation: float) -> Image:
    noise = rng.normal(0, deviation, image.shape[:2])[..., None]  # brightness noise, equal in all colours
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _stamped(image: Image, number: int) -> Image:
    stamp.draw(image, number, FRAMES)  # after the noise, which must not change the stamp
    return image


def _room(rng: np.random.Generator) -> Image:
    """A plastered wall with a poster and a shelf."""
    wall = np.full((HEIGHT_PIXELS, WIDTH_PIXELS, 3), (150, 176, 188), dtype=np.float64)
    wall += (_texture(rng, HEIGHT_PIXELS, WIDTH_PIXELS, 6).astype(np.float64) - 128) * 0.12
    room = np.clip(wall, 0, 255).astype(np.uint8)
    cv2.rectangle(room, (40, 50), (170, 230), (235, 240, 242), -1)
    for line in range(9):
        cv2.line(room, (55, 75 + 16 * line), (155 - 11 * (line % 3), 75 + 16 * line), (90, 110, 90), 3)
    cv2.rectangle(room, (470, 150), (639, 162), (60, 90, 120), -1)
    for book in range(9):
        colour = tuple(int(value) for value in rng.integers(60, 200, 3))
        cv2.rectangle(room, (480 + 17 * book, 90 + 5 * (book % 4)), (493 + 17 * book, 149), colour, -1)
    return room


def _body(image: Image, phase: float) -> None:
    sway = int(6 * _wave(phase, 1))
    cv2.ellipse(image, (320 + sway, 500), (190, 170), 0, 180, 360, COAT, -1, cv2.LINE_AA)
    cv2.line(image, (320 + sway, 350), (320 + sway, 480), (190, 194, 198), 3, cv2.LINE_AA)
    cv2.rectangle(image, (282 + sway, 285), (358 + sway, 350), SHADE, -1)
    cv2.ellipse(image, (320 + sway, 348), (70, 26), 0, 0, 360, SCARF, -1, cv2.LINE_AA)


def _head(image: Image, phase: float) -> None:
    turn, nod = _wave(phase, 1, 0.1), _wave(phase, 3)
    x, y = int(320 + 14 * turn), int(205 + 7 * nod)
    cv2.ellipse(image, (x, y), (80, 106), 4 * turn, 0, 360, SKIN, -1, cv2.LINE_AA)
    cv2.ellipse(image, (x, y - 62), (84, 62), 4 * turn, 170, 370, SCARF, -1, cv2.LINE_AA)
    face = int(x + 20 * turn)  # the face moves further than the outline of the head
    blink = (phase * FRAMES) % 45 < 2
    for side in (-30, 30):
        cv2.ellipse(
            image, (face + side, y - 12), (14, 1 if blink else 8), 0, 0, 360, (235, 238, 240), -1, cv2.LINE_AA
        )
        if not blink:
            cv2.circle(image, (face + side + int(3 * turn), y - 12), 6, (28, 30, 36), -1, cv2.LINE_AA)
        cv2.line(image, (face + side - 16, y - 32), (face + side + 16, y - 34), (30, 34, 44), 4, cv2.LINE_AA)
    cv2.line(image, (face, y - 6), (face + int(7 * turn), y + 26), SHADE, 4, cv2.LINE_AA)
    opening = int(3 + 13 * abs(_wave(phase, 17)) * (0.55 + 0.45 * _wave(phase, 4)))
    cv2.ellipse(image, (face, y + 56), (28, max(2, opening)), 0, 0, 360, (40, 30, 70), -1, cv2.LINE_AA)


def _hands(image: Image, phase: float) -> None:
    for side, times, shift in ((-1, 5, 0.0), (1, 4, 0.3)):
        x = int(320 + side * (150 + 22 * _wave(phase, times, shift)))
        y = int(415 + 40 * _wave(phase, times - 2, shift))
        cv2.circle(image, (x, y), 30, SKIN, -1, cv2.LINE_AA)
        for finger in range(4):
            angle = math.radians(-140 + 30 * finger + 14 * _wave(phase, times + 1, shift))
            tip = (int(x + 52 * math.cos(angle)), int(y + 52 * math.sin(angle)))
            cv2.line(image, (x, y), tip, SKIN, 13, cv2.LINE_AA)
            cv2.line(image, (x, y), tip, SHADE, 1, cv2.LINE_AA)


def talk(seed: int) -> Iterator[Image]:
    """The frames of one loop of a person who talks; shape (480, 640, 3), BGR."""
    rng = np.random.default_rng(seed)
    room = _room(rng)
    for number in range(FRAMES):
        image, phase = room.copy(), number / FRAMES
        _body(image, phase)
        _head(image, phase)
        _hands(image, phase)
        yield _stamped(_noisy(image, rng, TALK_NOISE), number)


def hard(seed: int) -> Iterator[Image]:
    """The frames of one loop of detail that turns and zooms; shape (480, 640, 3), BGR."""
    rng = np.random.default_rng(seed)
    side = 1024
    fine, coarse = _texture(rng, side, side, 8), _texture(rng, side, side, 40)
    surface = cv2.addWeighted(fine, 0.6, coarse, 0.4, 0)
    centre = (side / 2, side / 2)
    for number in range(FRAMES):
        phase = number / FRAMES
        turn = cv2.getRotationMatrix2D(centre, 360 * phase, 1.25 + 0.25 * _wave(phase, 2))
        turn[0, 2] += (WIDTH_PIXELS - side) / 2
        turn[1, 2] += (HEIGHT_PIXELS - side) / 2
        moved = cv2.warpAffine(surface, turn, (WIDTH_PIXELS, HEIGHT_PIXELS), borderMode=cv2.BORDER_REFLECT)
        yield _stamped(_noisy(np.asarray(moved, dtype=np.uint8), rng, HARD_NOISE), number)


PICTURES: dict[str, Callable[[int], Iterator[Image]]] = {"talk": talk, "hard": hard}


def enlarged(frames: Iterator[Image], seed: int) -> Iterator[Image]:
    """The same frames from a sharper sensor: SHARP_FACTOR times as wide and high, with noise of their own."""
    rng = np.random.default_rng(seed)
    size = (SHARP_FACTOR * WIDTH_PIXELS, SHARP_FACTOR * HEIGHT_PIXELS)
    for frame in frames:
        larger = cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC)
        yield _noisy(np.asarray(larger, dtype=np.uint8), rng, TALK_NOISE)


def write_y4m(path: Path, frames: Iterator[Image]) -> None:
    """Write BGR frames of one size as YUV4MPEG2, 4:2:0, progressive: Chromium reads it without decoding."""
    with path.open("wb") as file:
        for number, frame in enumerate(frames):
            if number == 0:
                height, width = frame.shape[:2]
                file.write(f"YUV4MPEG2 W{width} H{height} F{FRAMES_PER_S}:1 Ip A1:1 C420\n".encode())
            file.write(b"FRAME\n")
            file.write(cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes())


def y4m_luma(path: Path) -> npt.NDArray[np.uint8]:
    """The luma of every frame of a file of `write_y4m`, (frames, height, width); memory-mapped, not loaded."""
    with path.open("rb") as file:
        begin = len(file.readline())
    marker_bytes = len(b"FRAME\n")
    frame_bytes = marker_bytes + WIDTH_PIXELS * HEIGHT_PIXELS * 3 // 2
    stored = np.memmap(path, dtype=np.uint8, mode="r", offset=begin).reshape(-1, frame_bytes)
    pixels = stored[:, marker_bytes : marker_bytes + WIDTH_PIXELS * HEIGHT_PIXELS]
    return pixels.reshape(-1, HEIGHT_PIXELS, WIDTH_PIXELS)
