"""What an uplink carries while voice alone is too much for it.

Owns: the rate that came through a full uplink, and for how long it is believed. The relay cannot test an
uplink itself, and a page goes on sending what it was asked to. But a queue that stands while no picture flows
says that the link carries just what arrives. Must never decide what is sent: steering.py does.
"""

from __future__ import annotations

# The share of what comes through a full link that may be used: the rest drains the queue, and carries
# reports.
SHARE = 0.85
# One voice packet held up by the radio is no full link.
AFTER_MS = 750.0
# A rate is believed for so long; each time it is confirmed, for twice as long.
FIRST_BELIEF_MS = 20_000.0
LAST_BELIEF_MS = 160_000.0
# A collapsed uplink carries a voice for 2G, until probes measure more.
COLLAPSED_BPS = 24_000.0
# Probe clusters of two small messages waver; half as much again is more than that.
WIDER = 1.5


class FullUplink:
    """Call `follow` four times a second. ``bps`` is what the uplink carries, in bit/s; None: not known."""

    def __init__(self) -> None:
        self.bps: float | None = None
        self._full_since_ms: float | None = None
        self._until_ms = 0.0
        self._probed_bps: float | None = None
        self._belief_ms = FIRST_BELIEF_MS

    def collapsed(self, now_ms: float, probed_bps: float | None) -> None:
        """Few packets have come for longer than a radio stalls; ``probed_bps`` is what probes measured before."""
        self.bps = COLLAPSED_BPS if self.bps is None else min(self.bps, COLLAPSED_BPS)
        self._probed_bps = probed_bps
        self._until_ms = now_ms + self._belief_ms

    def follow(
        self, now_ms: float, received_bps: float, *, full: bool, probed_bps: float | None = None
    ) -> None:
        """``received_bps`` arrived in the last second; ``full``: voice queues, and no picture flows that causes it.

        ``probed_bps`` is what probes measured: a rate measured since the link was full is believed.
        """
        if not full:
            self._full_since_ms = None
            if self.bps is None:
                return
            widened = probed_bps is not None and probed_bps != self._probed_bps
            if widened and SHARE * (probed_bps or 0.0) > WIDER * self.bps:
                self.bps = None
            elif now_ms >= self._until_ms:
                self.bps = None
                self._belief_ms = min(LAST_BELIEF_MS, 2 * self._belief_ms)
            return
        if self._full_since_ms is None:
            self._full_since_ms = now_ms
        self._probed_bps = probed_bps
        if now_ms - self._full_since_ms < AFTER_MS:
            return
        carries_bps = SHARE * received_bps
        self.bps = carries_bps if self.bps is None else min(self.bps, carries_bps)
        self._until_ms = now_ms + self._belief_ms
