"""The clock of durations: UTC seconds that a clock being set does not move.

Owns: `SteadyClock`. A small server without a battery for its clock starts with a wrong time, and the network sets
it right in the middle of the day: by the wall clock, everybody would then have waited for an hour. Must never give
the time for a sign-in code or an expiry: those follow the wall clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class SteadyClock:
    """What ``wall`` said at first, and the seconds of ``monotonic`` since then."""

    def __init__(
        self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic = monotonic
        self._ahead_s = wall() - monotonic()

    def __call__(self) -> float:
        """UTC seconds, as far as the wall clock was right at first."""
        return self._ahead_s + self._monotonic()
