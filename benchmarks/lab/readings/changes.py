"""What a side received after each change of the link. PURE.

Owns: the longest gap in the voice until the next change, the time at which the picture freezes, and the time at
which it moves again. measure.py defines a gap. Times are seconds after the change, with the precision of the
collector's beat.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from benchmarks.lab.readings.collected import Sample
from benchmarks.lab.readings.measure import FROZEN_SLICE_S, frames_gained, received, within


def after_changes(
    samples: Sequence[Sample], from_s: float, to_s: float, moments_s: Sequence[float]
) -> list[dict[str, Any]]:
    """One entry for each change inside the window; ``moments_s`` are seconds since its start, in order."""
    length_s = to_s - from_s
    inside_s = [moment_s for moment_s in moments_s if 0 < moment_s < length_s]
    frames_s = [at_s - from_s for at_s, gained in frames_gained(within(samples, from_s, to_s)) if gained > 0]
    return [
        {
            "at_s": moment_s,
            "longest_gap_ms": received(samples, from_s + moment_s, from_s + end_s)["longest_gap_ms"],
            **_picture(frames_s, moment_s, end_s),
        }
        for moment_s, end_s in pairwise([*inside_s, length_s])
    ]


def _picture(frames_s: Sequence[float], moment_s: float, end_s: float) -> dict[str, float | None]:
    shown_s = [at_s for at_s in frames_s if moment_s < at_s < end_s]
    stood_still = not any(moment_s - FROZEN_SLICE_S < at_s <= moment_s for at_s in frames_s)
    stops = (early for early, late in pairwise([moment_s, *shown_s, end_s]) if late - early >= FROZEN_SLICE_S)
    gone_s = None if stood_still else next(stops, None)
    back_s = shown_s[0] if stood_still and shown_s else None
    return {
        "picture_gone_s": None if gone_s is None else round(gone_s - moment_s, 1),
        "picture_back_s": None if back_s is None else round(back_s - moment_s, 1),
    }
