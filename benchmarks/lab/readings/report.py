"""The document that `benchmarks.call` prints, made from everything that was noted in a call.

Owns: the names of its fields. The modules that compute a number define it (measure, hearing, sight, rungs); times
are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.lab import machine
from benchmarks.lab.emulator.tally import BITS_PER_BYTE
from benchmarks.lab.plan import Plan
from benchmarks.lab.readings.changes import after_changes
from benchmarks.lab.readings.collected import Collected, Sample
from benchmarks.lab.readings.measure import first_audio_s, first_video_s, received, within
from benchmarks.lab.readings.rungs import rung_seconds
from benchmarks.lab.senses import media, picture, sight
from benchmarks.lab.senses.hearing import judged
from benchmarks.lab.senses.sensed import Senses
from benchmarks.lab.systems.system import System

# The length of the consultation for which the data volume is given.
TOLD_S = 15 * 60


@dataclass(frozen=True)
class Side:
    """The collected samples of one page, and its recordings (None: the page was reloaded meanwhile)."""

    collected: Collected
    senses: Senses | None


@dataclass(frozen=True)
class Window:
    """The measured time, and the values that were read at its end."""

    from_s: float
    to_s: float
    idle_share: float
    server_cpu_s: float | None
    link: dict[str, Any]
    still_s: float | None


def document(
    system: System, plan: Plan, window: Window, *, station: Side, clinician: Side, ready_s: float
) -> dict[str, Any]:
    """The complete result of a call; ``ready_s``: when both pages were open."""
    accepted_s = clinician.collected.clicked_s("accept")
    assert accepted_s is not None  # a driver that cannot click raises before this line
    both = (station.collected, clinician.collected)
    link = dict(window.link)
    minutes = (window.to_s - window.from_s) / 60
    down, up = link.pop("down"), link.pop("up")
    return {
        "system": system.name,
        "conditions": asdict(plan.schedule.base),
        "changes": [asdict(change) for change in plan.schedule.changes],
        "seconds": plan.seconds,
        "settle_s": plan.settle_s,
        "seed": plan.seed,
        "picture": plan.picture,
        "connect_s": _connect_s(system, station.collected, ready_s, accepted_s),
        "accept_to_first_audio_s": _later(both, first_audio_s, accepted_s),
        "first_video_s": _later(both, first_video_s, accepted_s),
        "still_s": window.still_s,
        "server_cpu_s_per_min": _rounded(
            window.server_cpu_s / minutes if window.server_cpu_s is not None else None
        ),
        "data_mb_per_15min": data_mb_per_15min(down["kbps"], up["kbps"]),
        "station": _side(plan, window, station, clinician),
        "clinician": _side(plan, window, clinician, station),
        "down": down,
        "up": up,
        "emulator": link,
        "machine": {**machine.describe(), "idle_share": round(window.idle_share, 3)},
    }


def data_mb_per_15min(down_kbps: float, up_kbps: float) -> float:
    """The data of a consultation of 15 minutes on the station's plan, both directions together, in MB."""
    return round((down_kbps + up_kbps) * 1000 / BITS_PER_BYTE * TOLD_S / 1e6, 2)


def _side(plan: Plan, window: Window, own: Side, other: Side) -> dict[str, Any]:
    """The results of one side as a receiver of the other."""
    samples = own.collected.samples
    heard = own.senses.heard if own.senses else None
    said = other.senses.said if other.senses else None
    frames = own.senses.frames if own.senses else []
    return {
        **received(samples, window.from_s, window.to_s),
        **judged(said, heard),
        **sight.seen(frames, _source(plan.picture), picture.FRAMES),
        **rung_seconds(within(samples, window.from_s, window.to_s)),
        "after_changes": after_changes(samples, window.from_s, window.to_s, plan.schedule.moments_s()),
    }


@cache
def _source(name: str) -> Callable[[int], npt.NDArray[np.uint8]]:
    """The luma of a frame by its number, read from the file that the camera plays."""
    frames = picture.y4m_luma(media.picture_file(name))
    return lambda number: frames[number]


def _connect_s(system: System, station: Collected, ready_s: float, accepted_s: float) -> float | None:
    """From opening the station's page to its connected leg, without the time that people took.

    A warm leg connects by itself; a cold leg starts to connect when the doctor accepts.
    """
    connected_s = station.connected_s()
    if connected_s is None:
        return None
    if system.warm:
        return _rounded(connected_s - station.opened_s)
    return _rounded((ready_s - station.opened_s) + (connected_s - accepted_s))


def _later(
    both: Sequence[Collected], first: Callable[[Sequence[Sample], float], float | None], accepted_s: float
) -> float | None:
    """Seconds from accepting to the later of both sides' moments; None if one side has none."""
    moments = [first(one.samples, accepted_s) for one in both]
    reached = [moment for moment in moments if moment is not None]
    return _rounded(max(reached) - accepted_s) if len(reached) == len(moments) else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
