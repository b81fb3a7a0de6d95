"""What pages/senses.js brings home: sound and frames, as typed values.

Owns: the shape of its document and the anchoring of sound in time. Times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt
from playwright.async_api import Page

from benchmarks.lab.senses.hearing import Recording

Image = npt.NDArray[np.uint8]


class End(msgspec.Struct, frozen=True):
    """The moment at which so many samples had come."""

    at_s: float
    samples: int


class Ear(msgspec.Struct, frozen=True):
    """The sound of one track: little-endian 16-bit mono."""

    rate_hz: int
    ends: list[End]
    pcm: bytes


class Frame(msgspec.Struct, frozen=True):
    """The luma of one decoded frame, row by row."""

    at_s: float
    width: int
    height: int
    luma: bytes

    def image(self) -> Image:
        """As an array (height, width)."""
        return np.frombuffer(self.luma, dtype=np.uint8).reshape(self.height, self.width)


class Document(msgspec.Struct, frozen=True):
    """Everything one page has sensed between start and stop."""

    said: Ear | None
    heard: Ear | None
    frames: list[Frame]


@dataclass(frozen=True)
class Senses:
    """What one side said, heard and saw."""

    said: Recording | None
    heard: Recording | None
    frames: Sequence[Image]


async def start(page: Page) -> None:
    """Begin to listen and watch."""
    await page.evaluate("() => window.__senses.start()")


async def stop(page: Page) -> Senses | None:
    """End it; None if it was not begun in this page (it may have been reloaded since)."""
    document = msgspec.convert(
        await page.evaluate("() => window.__senses.stop()"), Document | None, strict=False
    )
    if document is None:
        return None
    frames = [frame.image() for frame in document.frames]
    return Senses(recording(document.said), recording(document.heard), frames)


def recording(ear: Ear | None) -> Recording | None:
    """Sound with its beginning in time.

    A page can only be late to note that samples have come, never early: the batch that was noted soonest after its
    sound tells when the recording began.
    """
    if ear is None or not ear.ends:
        return None
    began_s = min(end.at_s - end.samples / ear.rate_hz for end in ear.ends)
    samples = np.frombuffer(ear.pcm, dtype="<i2") / np.iinfo(np.int16).max
    return Recording(samples, began_s, ear.rate_hz)
