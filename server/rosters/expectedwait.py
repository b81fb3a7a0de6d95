"""What may be said to somebody who waits: how long others waited, and when somebody is on the roster next.

Owns: the value. Must never be made up: None is unknown, and shown as unknown.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExpectedWait:
    """Seconds of waiting (waitingtime.py), and the UTC second when the roster has somebody next."""

    median_s: int | None = None
    low_s: int | None = None
    high_s: int | None = None
    next_at: float | None = None

    def next_in_s(self, now: float) -> int | None:
        """Whole seconds until somebody should be there."""
        return None if self.next_at is None else max(0, int(self.next_at - now))


UNKNOWN = ExpectedWait()
