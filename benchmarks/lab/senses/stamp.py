"""The number that every frame of the lab's pictures carries, drawn so that it survives low bitrates.

Owns: drawing and reading the stamp: a row of square blocks along the top edge, white and black for reference, eight
bits of a cyclic Gray code, and the parity. From one frame to the next, only one bit and the parity change, so that
the stamp costs an encoder almost nothing. A blend of two numbers cannot be read. PURE but for OpenCV.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

# 8 pixels of a 160x120 picture, half a macroblock: its middle stays flat after coarse quantisation.
BLOCK_PIXELS = 32
BITS = 8
BLOCKS = 2 + BITS + 1
# The picture size that the grid is defined on; received frames are scaled to it.
WIDTH_PIXELS, HEIGHT_PIXELS = 640, 480
# Less contrast than full black and white: readable, and with less ringing in the picture below.
WHITE, BLACK = 215, 40
# A block between these shares of the range from black to white belongs to a blend of two frames.
CLEARLY_BLACK, CLEARLY_WHITE = 0.38, 0.62
# The least difference of the reference blocks; quantisation can remove it.
LEAST_CONTRAST = 60
# The height of the stamp and its ringing, as a share of the picture; the comparison uses the rows below.
STAMP_SHARE = 1.5 * BLOCK_PIXELS / HEIGHT_PIXELS


def code_of(number: int, loop: int) -> int:
    """The Gray code of a frame in a loop of ``loop`` (even, up to 256) frames.

    The codes come from the middle of the reflected code, so that the last and the first differ in one bit.
    """
    value = number % loop + _first(loop)
    return value ^ (value >> 1)


def draw(image: Image, number: int, loop: int) -> None:
    """Stamp a 640x480 frame (BGR or grey) in place."""
    for index, bright in enumerate(_bits(code_of(number, loop))):
        left = index * BLOCK_PIXELS
        image[:BLOCK_PIXELS, left : left + BLOCK_PIXELS] = WHITE if bright else BLACK


def read(luma: Image, loop: int) -> int | None:
    """The number of a received frame (luma, any size), or None if it cannot be read."""
    levels = _levels(luma)
    white, black = levels[0], levels[1]
    if white - black < LEAST_CONTRAST:
        return None
    shares = [(level - black) / (white - black) for level in levels[2:]]
    if any(CLEARLY_BLACK < share < CLEARLY_WHITE for share in shares):
        return None
    bits = [share > 0.5 for share in shares]
    if sum(bits) % 2:
        return None
    value = 0
    for bit in bits[:BITS]:
        value = value << 1 | (bit ^ (value & 1))  # Gray to binary: each bit is the parity of those above it
    number = value - _first(loop)
    return number if 0 <= number < loop else None


def under_the_stamp(image: Image) -> Image:
    """The rows of a frame below the stamp."""
    return image[round(image.shape[0] * STAMP_SHARE) :]


def _first(loop: int) -> int:
    return ((1 << BITS) - loop) // 2


def _bits(code: int) -> list[bool]:
    bits = [bool(code >> shift & 1) for shift in reversed(range(BITS))]
    return [True, False, *bits, sum(bits) % 2 == 1]


def _levels(luma: Image) -> list[float]:
    """The mean level of the middle half of each block."""
    grid = cv2.resize(luma, (WIDTH_PIXELS, HEIGHT_PIXELS), interpolation=cv2.INTER_LINEAR)
    margin = BLOCK_PIXELS // 4
    rows = grid[margin : BLOCK_PIXELS - margin]
    starts = [index * BLOCK_PIXELS + margin for index in range(BLOCKS)]
    return [float(np.mean(rows[:, left : left + BLOCK_PIXELS // 2])) for left in starts]
