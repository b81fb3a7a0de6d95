"""The rate of a background transfer that does not delay the voice of a call.

Owns: one rate that yields to queueing delay, as in LEDBAT (RFC 6817): it grows slowly while voice does not queue,
and shrinks at once when voice begins to queue. Must never know what is sent. Rates are bit/s on the wire, times ms.
"""

from __future__ import annotations

# Slow enough for the thinnest link that carries voice. At this rate a still of 60 kB takes 80 s.
START_BPS = 6_000.0
MIN_BPS = 2_000.0
MAX_BPS = 2_000_000.0
# RFC 6817 section 2.5 tolerates a standing queue of 100 ms; here the queue delays another flow, the voice.
CALM_MS = 60.0
QUEUED_MS = 120.0
GROWTH = 1.35
BACK_OFF = 0.6
# A change takes effect on the queue after a round trip; the next change comes no sooner than this.
STEP_MIN_MS = 500.0


class BackgroundRate:
    """The rate of one direction of one leg."""

    def __init__(self) -> None:
        self._rate_bps = START_BPS
        self._next_ms = 0.0

    def update(
        self, queue_ms: float, rtt_ms: float, now_ms: float, *, used: bool, ceiling_bps: float
    ) -> float:
        """The rate from now on, given the queueing delay of voice and the round-trip time.

        ``used``: whether the whole rate has been used since the last call; an unused rate must not grow.
        ``ceiling_bps``: the highest rate allowed. The rate is never below ``MIN_BPS``; otherwise a transfer would
        stop.
        """
        if now_ms >= self._next_ms:
            if queue_ms > QUEUED_MS:
                self._step(BACK_OFF, rtt_ms, now_ms)
            elif used and queue_ms < CALM_MS:
                self._step(GROWTH, rtt_ms, now_ms)
        self._rate_bps = max(MIN_BPS, min(self._rate_bps, ceiling_bps, MAX_BPS))
        return self._rate_bps

    def _step(self, factor: float, rtt_ms: float, now_ms: float) -> None:
        self._rate_bps *= factor
        self._next_ms = now_ms + max(STEP_MIN_MS, rtt_ms)
