"""What is to happen when, in virtual time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

Deed = Callable[[], None]


class Agenda:
    """A clock that jumps from one deed to the next."""

    def __init__(self) -> None:
        self.now_ms = 0.0
        self._order = count()
        self._deeds: list[tuple[float, int, Deed]] = []

    def at(self, when_ms: float, deed: Deed) -> None:
        """Do this then, or now if that is past; deeds of one moment in the order in which they were asked for."""
        heapq.heappush(self._deeds, (max(when_ms, self.now_ms), next(self._order), deed))

    def after(self, wait_ms: float, deed: Deed) -> None:
        self.at(self.now_ms + wait_ms, deed)

    def every(self, interval_ms: float, deed: Deed, first_ms: float = 0.0) -> None:
        """Do this again and again."""

        def again() -> None:
            deed()
            self.after(interval_ms, again)

        self.after(first_ms, again)

    def run(self, until_ms: float) -> None:
        while self._deeds and self._deeds[0][0] <= until_ms:
            self.now_ms, _, deed = heapq.heappop(self._deeds)
            deed()
        self.now_ms = until_ms
