"""How fast an estimate grows, and where it stops: just below the rate at which the link was last full.

Owns: the ceiling and the pace of growth. Must never decide that an estimate may grow (delay.py gives the
verdict).

    up to 0.8 of the ceiling    8 % a second
    up to 0.97                  2 % a second, and no further for half a minute
    up to 1.25                  2 % a second
    beyond                      the link has become faster: the ceiling is removed
"""

from __future__ import annotations

from media.core.estimate.congestion.rates import MAX_ESTIMATE_BPS

GROWTH_PER_S = 1.08
# Slow growth near the rate at which the link was last full; fast growth would make the queue oscillate.
CAREFUL_GROWTH_PER_S = 1.02
CEILING_BAND = (0.8, 1.25)
# The estimate stays just below the ceiling for a while: every step beyond it causes a queue and a fall.
CEILING_HELD_SHARE = 0.97
CEILING_HELD_MS = 30_000.0


class Growth:
    """The ceiling of one downlink, and growth under it."""

    def __init__(self) -> None:
        self.ceiling_bps: float | None = None
        """The rate at which the link was last full; None if it never was, or if it has become faster since."""
        self._found_ms = 0.0

    def found_full(self, bps: float, now_ms: float) -> None:
        """The link was full at this rate."""
        self.ceiling_bps = bps
        self._found_ms = now_ms

    def grown_bps(self, estimate_bps: float, step_ms: float, now_ms: float) -> float:
        """The estimate after ``step_ms`` of use without a queue; never lower than before."""
        most_bps, per_s = MAX_ESTIMATE_BPS, GROWTH_PER_S
        if self.ceiling_bps is not None and estimate_bps > CEILING_BAND[0] * self.ceiling_bps:
            per_s = CAREFUL_GROWTH_PER_S
            if now_ms - self._found_ms < CEILING_HELD_MS:
                most_bps = CEILING_HELD_SHARE * self.ceiling_bps
            elif estimate_bps > CEILING_BAND[1] * self.ceiling_bps:
                self.ceiling_bps = None
        grown_bps: float = min(estimate_bps * per_s ** (step_ms / 1000), most_bps)
        return max(estimate_bps, grown_bps)
