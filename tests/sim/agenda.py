"""A schedule of actions in virtual time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

Action = Callable[[], None]


class Agenda:
    """A clock that jumps from one action to the next."""

    def __init__(self) -> None:
        self.now_ms = 0.0
        self._order = count()
        self._actions: list[tuple[float, int, Action]] = []

    def at(self, when_ms: float, action: Action) -> None:
        """Run the action at this time, or now if it is past; actions of one moment run in order of their calls."""
        heapq.heappush(self._actions, (max(when_ms, self.now_ms), next(self._order), action))

    def after(self, wait_ms: float, action: Action) -> None:
        self.at(self.now_ms + wait_ms, action)

    def every(self, interval_ms: float, action: Action, first_ms: float = 0.0) -> None:
        """Run the action again and again."""

        def again() -> None:
            action()
            self.after(interval_ms, again)

        self.after(first_ms, again)

    def run(self, until_ms: float) -> None:
        while self._actions and self._actions[0][0] <= until_ms:
            self.now_ms, _, action = heapq.heappop(self._actions)
            action()
        self.now_ms = until_ms
