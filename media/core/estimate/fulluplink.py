"""The rate of an uplink that is too thin for voice alone.

Owns: the received rate of a full uplink, and how long it is used. The relay cannot test an uplink itself, and a
page continues to send what it was asked for. But if voice queues while no picture flows, the link carries just
what arrives. Must never decide what is sent: steering.py does.
"""

from __future__ import annotations

# The usable share of a full link's received rate: the rest drains the queue and carries reports.
SHARE = 0.85
# A queue must last this long: one voice packet delayed by the radio does not mean a full link.
AFTER_MS = 750.0
# How long a rate is used at first; each time it is confirmed, the time doubles.
FIRST_BELIEF_MS = 20_000.0
LAST_BELIEF_MS = 160_000.0
# A collapsed uplink is assumed to carry a voice for 2G until probes measure more.
COLLAPSED_BPS = 24_000.0
# Rates from probe clusters of two small messages vary; this factor is above that variation.
WIDER = 1.5


class FullUplink:
    """Call `follow` four times a second. ``bps`` is the rate of the uplink in bit/s; None: not known."""

    def __init__(self) -> None:
        self.bps: float | None = None
        self._full_since_ms: float | None = None
        self._until_ms = 0.0
        self._probed_bps: float | None = None
        self._belief_ms = FIRST_BELIEF_MS

    def collapsed(self, now_ms: float, probed_bps: float | None) -> None:
        """Few packets have arrived for longer than a radio stalls; ``probed_bps``: the rate of earlier probes."""
        self.bps = COLLAPSED_BPS if self.bps is None else min(self.bps, COLLAPSED_BPS)
        self._probed_bps = probed_bps
        self._until_ms = now_ms + self._belief_ms

    def follow(
        self, now_ms: float, received_bps: float, *, full: bool, probed_bps: float | None = None
    ) -> None:
        """``received_bps`` arrived in the last second; ``full``: voice queues although no picture flows.

        ``probed_bps``: the rate of the last probes. If it is new since the link was full and much higher, it
        replaces the rate of the full link.
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
