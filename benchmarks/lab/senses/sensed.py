"""The recordings of pages/senses.js, sound and frames, as typed values.

Owns: the shape of that document, and the time of each sample of a recording. Times are seconds since the epoch.
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

# Two chunks of a track. Clocks that differ move a start by less in a minute.
GAP_S = 0.02


class End(msgspec.Struct, frozen=True):
    """A moment, and the number of samples received until then."""

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
        """The luma as an array (height, width)."""
        return np.frombuffer(self.luma, dtype=np.uint8).reshape(self.height, self.width)


class Document(msgspec.Struct, frozen=True):
    """Everything that one page recorded between start and stop."""

    said: Ear | None
    heard: Ear | None
    frames: list[Frame]


@dataclass(frozen=True)
class Senses:
    """The recordings of one side: its voice, the voice it heard, and the frames it saw."""

    said: Recording | None
    heard: Recording | None
    frames: Sequence[Image]


async def start(page: Page) -> None:
    """Start the recording in a page."""
    await page.evaluate("() => window.__senses.start()")


async def stop(page: Page) -> Senses | None:
    """End the recording; None if the page has none (it was reloaded since the start)."""
    document = msgspec.convert(
        await page.evaluate("() => window.__senses.stop()"), Document | None, strict=False
    )
    if document is None:
        return None
    frames = [frame.image() for frame in document.frames]
    return Senses(recording(document.said), recording(document.heard), frames)


def recording(ear: Ear | None) -> Recording | None:
    """Sound with its start time, and silence for what a busy page lost.

    A page notes the arrival of samples late, never early: the earliest start that a batch or any later one implies
    is true of this batch. Where that start moves, samples are missing before the batch.
    """
    if ear is None or not ear.ends:
        return None
    began_s = [end.at_s - end.samples / ear.rate_hz for end in ear.ends]
    earliest_s = np.minimum.accumulate(began_s[::-1])[::-1]
    samples = np.frombuffer(ear.pcm, dtype="<i2") / np.iinfo(np.int16).max
    pieces: list[npt.NDArray[np.float64]] = []
    taken = filled = 0
    for end, start_s in zip(ear.ends, earliest_s, strict=True):
        missing = round(float(start_s - earliest_s[0]) * ear.rate_hz) - filled
        if missing > GAP_S * ear.rate_hz:
            pieces.append(np.zeros(missing))
            filled += missing
        pieces.append(samples[taken : end.samples])
        taken = end.samples
    pieces.append(samples[taken:])
    return Recording(np.concatenate(pieces), float(earliest_s[0]), ear.rate_hz)
