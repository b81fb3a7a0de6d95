"""A photo without what a camera writes beside it: place, time, device, owner, thumbnail.

Owns: cutting a JPEG (ITU-T T.81, annex B) down to what draws the picture: an allow-list of segments, and of Adobe's
the one byte that says how colours are coded. Pure; nothing is decoded, so nothing in the picture's own data is
trusted or run. Raises NoJpeg for what is of another kind, NotAPicture for what is not a whole JPEG, and for one
that would fill its reader's memory.
"""

from __future__ import annotations

SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
RESTARTS = range(0xD0, 0xD8)
# Baseline, extended and progressive with Huffman coding: what cameras write and browsers draw.
START_OF_FRAME = frozenset({0xC0, 0xC1, 0xC2})
OTHER_FRAMES = frozenset(range(0xC0, 0xD0)) - START_OF_FRAME - {0xC4, 0xC8, 0xCC}
HUFFMAN_TABLES, QUANTIZATION_TABLES, RESTART_INTERVAL = 0xC4, 0xDB, 0xDD
# Everything that draws. Whatever else there is (APPn, COM, JPGn, reserved ones) may carry anything, and goes.
DRAWS = START_OF_FRAME | {SOS, HUFFMAN_TABLES, QUANTIZATION_TABLES, RESTART_INTERVAL}
# Markers that stand alone, without a length: none of them belongs between two segments.
ALONE = frozenset({SOI, 0x01, *RESTARTS})
# Adobe's segment says how colours are coded: without it some pictures come out in wrong colours. Its twelve bytes
# are the name, a version, two words of flags, and that code.
ADOBE, ADOBE_NAME, ADOBE_BYTES, ADOBE_TRANSFORM = 0xEE, b"Adobe", 12, 11
ADOBE_VERSION = (100).to_bytes(2)
# The largest picture of a telephone. Decoded it takes 150 MB, on a tablet with 2 GB of memory.
PIXELS_MAX = 50_000_000
# Progressive pictures of cameras have about ten; each is a pass over the whole picture.
SCANS_MAX = 64
# Grey, colour, and the four of print.
COMPONENTS = frozenset({1, 3, 4})
FRAME_HEAD_BYTES = 6


class NotAPicture(ValueError):
    """What came is no JPEG, not a whole one, or one that nobody can open."""


class NoJpeg(NotAPicture):
    """What came is of another kind."""


def stripped(data: bytes) -> bytes:
    """The same picture without its metadata, and without anything after its end. Raises NotAPicture."""
    if data[:2] != bytes((0xFF, SOI)):
        raise NoJpeg
    kept = [data[:2]]
    at, frames, scans = 2, 0, 0
    while True:
        marker, at = _marker(data, at)
        if marker == EOI:
            if frames != 1 or not scans:
                raise NotAPicture
            return b"".join([*kept, bytes((0xFF, EOI))])
        if marker in ALONE or marker in OTHER_FRAMES:
            raise NotAPicture
        end = at + int.from_bytes(data[at : at + 2])
        if end < at + 2 or end > len(data):
            raise NotAPicture
        body = data[at + 2 : end]
        at = end
        if marker in START_OF_FRAME:
            frames += 1
            _check_frame(body)
        if marker in DRAWS:
            kept.append(_segment(marker, body))
        elif marker == ADOBE and body.startswith(ADOBE_NAME) and len(body) >= ADOBE_BYTES:
            kept.append(_segment(ADOBE, _adobe(body)))
        if marker == SOS:
            scans += 1
            end = _scan_end(data, at)
            kept.append(data[at:end])
            at = end
            if scans > SCANS_MAX:
                raise NotAPicture


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body


def _adobe(body: bytes) -> bytes:
    """Adobe's segment with nothing in it but the code of the colours."""
    flags = bytes(ADOBE_TRANSFORM - len(ADOBE_NAME) - len(ADOBE_VERSION))
    return ADOBE_NAME + ADOBE_VERSION + flags + body[ADOBE_TRANSFORM : ADOBE_TRANSFORM + 1]


def _check_frame(body: bytes) -> None:
    """Precision, height, width, components (T.81, B.2.2). A height of 0, to be told later, is nobody's camera."""
    if (
        len(body) < FRAME_HEAD_BYTES
        or body[5] not in COMPONENTS
        or len(body) != FRAME_HEAD_BYTES + 3 * body[5]
    ):
        raise NotAPicture
    height, width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
    if not 0 < height * width <= PIXELS_MAX:
        raise NotAPicture


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at this place, which any number of 0xFF may precede, and where it ends."""
    if data[at : at + 1] != b"\xff":
        raise NotAPicture
    while data[at : at + 1] == b"\xff":
        at += 1
    if at >= len(data):
        raise NotAPicture
    return data[at], at + 1


def _scan_end(data: bytes, at: int) -> int:
    """Where the coded data of a scan ends: at a marker that is neither a stuffed 0xFF00 nor a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise NotAPicture
        following = data[at + 1]
        if following == 0 or following in RESTARTS:
            at += 2
        elif following == 0xFF:
            at += 1
        else:
            return at
