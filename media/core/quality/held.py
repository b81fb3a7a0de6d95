"""A boolean that changes only after the opposite has been wanted for long enough.

Owns: this hysteresis in time. Must never read a clock: times are ms on the caller's clock.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Held:
    """The boolean `on`; False at first."""

    on: bool = False
    _since_ms: float | None = None

    def follow(self, now_ms: float, wanted: bool, after_ms: float) -> bool:
        """The new `on`: it becomes `wanted` once that has been wanted for `after_ms`."""
        if wanted == self.on:
            self._since_ms = None
        elif self._since_ms is None:
            self._since_ms = now_ms
        if self._since_ms is not None and now_ms - self._since_ms >= after_ms:
            self.on, self._since_ms = wanted, None
        return self.on

    def clear(self) -> None:
        """Set `on` to False at once."""
        self.on, self._since_ms = False, None
