"""The parameters of one measured call. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.lab.emulator.schedule import Schedule


@dataclass(frozen=True)
class Plan:
    """A link, the length of the call, and the picture that both cameras play.

    ``still_at_s``: the moment in the window at which the doctor asks for a sharp picture.
    """

    schedule: Schedule
    seconds: float
    settle_s: float = 5.0
    seed: int = 1
    picture: str = "talk"
    screenshots: Path | None = None
    still_at_s: float | None = None
