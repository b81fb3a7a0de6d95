"""A yes or no that changes only after the other was asked for long enough.

Owns: nothing but that patience. Must never read a clock: times are ms on the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Held:
    """One such answer, `on`; no to begin with."""

    on: bool = False
    _since_ms: float | None = None

    def follow(self, now_ms: float, wanted: bool, after_ms: float) -> bool:
        """The answer, now that `wanted` is asked for; it changes once that has lasted `after_ms`."""
        if wanted == self.on:
            self._since_ms = None
        elif self._since_ms is None:
            self._since_ms = now_ms
        if self._since_ms is not None and now_ms - self._since_ms >= after_ms:
            self.on, self._since_ms = wanted, None
        return self.on

    def clear(self) -> None:
        """No, at once."""
        self.on, self._since_ms = False, None
