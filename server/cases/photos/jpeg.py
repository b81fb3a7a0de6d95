"""A photo without what a camera writes beside it: place, time, device, owner, thumbnail.

Owns: cutting a JPEG (ITU-T T.81, annex B) down to what draws the picture. Pure; nothing is decoded, so nothing in
the picture's own data is trusted or run. Raises NoJpeg for what is of another kind,
NotAPicture for what is not a whole JPEG.
"""

from __future__ import annotations

SOI, EOI, SOS, TEM = 0xD8, 0xD9, 0xDA, 0x01
RESTARTS = range(0xD0, 0xD8)
APPLICATION = range(0xE0, 0xF0)
COMMENT = 0xFE
# Adobe's segment says how colours are coded: without it some pictures come out in wrong colours.
ADOBE = 0xEE
START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class NotAPicture(ValueError):
    """What came is no JPEG, or not a whole one."""


class NoJpeg(NotAPicture):
    """What came is of another kind."""


def stripped(data: bytes) -> bytes:
    """The same picture without its metadata, and without anything after its end. Raises NotAPicture."""
    if data[:2] != bytes((0xFF, SOI)):
        raise NoJpeg
    kept = [data[:2]]
    at, has_frame, has_scan = 2, False, False
    while True:
        marker, at = _marker(data, at)
        if marker == EOI:
            if not (has_frame and has_scan):
                raise NotAPicture
            return b"".join([*kept, bytes((0xFF, EOI))])
        if marker in (SOI, TEM) or marker in RESTARTS:
            raise NotAPicture
        end = at + int.from_bytes(data[at : at + 2])
        if end < at + 2 or end > len(data):
            raise NotAPicture
        has_frame = has_frame or marker in START_OF_FRAME
        if marker == ADOBE or not (marker in APPLICATION or marker == COMMENT):
            kept.append(bytes((0xFF, marker)) + data[at:end])
        at = end
        if marker == SOS:
            has_scan = True
            end = _scan_end(data, at)
            kept.append(data[at:end])
            at = end


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
