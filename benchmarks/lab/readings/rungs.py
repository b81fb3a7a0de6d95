"""The time on each rung. PURE.

Owns: the reading of the rungs that our pages show and, for systems without rungs, their estimate from the received
media.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

from benchmarks.lab.readings.collected import Sample

# A stream without a packet for this long is not flowing; thin voice comes in packets of 120 ms.
SLICE_S = 2.0
# From these widths on a picture counts as video and as video-high: 320x240 and 640x480.
VIDEO_WIDTH, HIGH_WIDTH = 320, 640
# Packets of 120 ms come about 8 a second, packets of 60 ms 17 a second: below this it is thin voice.
THIN_PACKETS_PER_S = 12
NO_RUNG = "none"


def rung_seconds(window: Sequence[Sample]) -> dict[str, Any]:
    """Seconds on each rung, ``down`` (towards this side) and ``up`` (from it), and their source.

    ``rung_source``: ``page`` (the page shows its rungs) or ``derived`` (estimated from the received media; ``up``
    is null).
    """
    if any(sample.rung_down is not None or sample.rung_up is not None for sample in window):
        return {
            "rung_seconds": {
                "down": _held(window, lambda sample: sample.rung_down),
                "up": _held(window, lambda sample: sample.rung_up),
            },
            "rung_source": "page",
        }
    return {"rung_seconds": {"down": _derived(window), "up": None}, "rung_source": "derived"}


def _held(window: Sequence[Sample], rung: Callable[[Sample], str | None]) -> dict[str, float]:
    return _sums((rung(earlier) or NO_RUNG, later.at_s - earlier.at_s) for earlier, later in pairwise(window))


def _derived(window: Sequence[Sample]) -> dict[str, float]:
    return _sums((_flowing(first, last), last.at_s - first.at_s) for first, last in _slices(window))


def _slices(window: Sequence[Sample]) -> Iterable[tuple[Sample, Sample]]:
    if not window:
        return
    first = window[0]
    for sample in window:
        if sample.at_s - first.at_s >= SLICE_S or sample is window[-1]:
            yield first, sample
            first = sample


def _flowing(first: Sample, last: Sample) -> str:
    """The rung that matches the media received between two samples."""
    seconds = max(last.at_s - first.at_s, 0.001)
    same = first.leg == last.leg
    frames_before = {one.id: one.frames for one in first.video} if same else {}
    moving = [one for one in last.video if one.frames > frames_before.get(one.id, 0)]
    if moving:
        width = max(one.width for one in moving)
        return "video-high" if width >= HIGH_WIDTH else "video" if width >= VIDEO_WIDTH else "video-low"
    before = sum(one.packets for one in first.audio) if same else 0
    packets_per_s = (sum(one.packets for one in last.audio) - before) / seconds
    if packets_per_s <= 0:
        return "messages"
    return "voice" if packets_per_s >= THIN_PACKETS_PER_S else "voice-thin"


def _sums(parts: Iterable[tuple[str, float]]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for rung, seconds in parts:
        sums[rung] = sums.get(rung, 0.0) + seconds
    return {rung: round(seconds, 1) for rung, seconds in sums.items() if seconds > 0}
