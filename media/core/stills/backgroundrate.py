"""How fast a background transfer may be beside a call without delaying voice.

Owns: one rate that yields to queueing delay, as in LEDBAT (RFC 6817): it grows gently while voice does not
queue, and shrinks at once when voice begins to queue. Must never know what is sent. Rates are bit/s on the
wire, times ms.
"""

from __future__ import annotations

# Slow enough for the thinnest link that carries voice at all; a still of 60 kB takes a minute and a half from
# here.
START_BPS = 6_000.0
MIN_BPS = 2_000.0
MAX_BPS = 2_000_000.0
# RFC 6817 section 2.5 tolerates 100 ms of standing queue; here another flow, voice, has to live with it.
CALM_MS = 60.0
QUEUED_MS = 120.0
GROWTH = 1.35
BACK_OFF = 0.6
# A change shows in the queue a round trip later: wait at least so long before the next.
STEP_MIN_MS = 500.0


class BackgroundRate:
    """The rate of one direction of one leg."""

    def __init__(self) -> None:
        self._rate_bps = START_BPS
        self._next_ms = 0.0

    def update(
        self, queue_ms: float, rtt_ms: float, now_ms: float, *, used: bool, ceiling_bps: float
    ) -> float:
        """The rate from now on, given the queue that voice sees and the round trip.

        ``used``: whether the whole rate has been used since the last call; a rate that is not used must not
        grow. ``ceiling_bps``: what is known to be too much. The rate is never under ``MIN_BPS``, or a
        transfer would stop.
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
