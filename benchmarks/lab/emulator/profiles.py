"""The links we measure on, by name, and what a link's conditions mean for its two directions.

Owns: the table of profiles (rates of Facebook's Augmented Traffic Control, sitespeed.io's throttle and
reports from Malian and Zambian clinics) and the halving of a round trip. PURE.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.lab.emulator.link import Shape

BITS_PER_KBIT = 1000
PERCENT = 100


@dataclass(frozen=True)
class Conditions:
    """A whole link as people speak of it. ``down`` goes to the station, ``up`` comes from it.

    Rates in kbit/s of IP packets, ``rtt_ms`` of propagation split half per direction, loss in percent
    each way, ``jitter_ms`` each way.
    """

    down_kbps: float
    up_kbps: float
    rtt_ms: float
    loss_percent: float = 0.0
    queue_ms: float = 400.0
    jitter_ms: float = 0.0
    burst_packets: float | None = None

    def down(self) -> Shape:
        """The direction from the server to the station."""
        return self._shape(self.down_kbps)

    def up(self) -> Shape:
        """The direction from the station to the server."""
        return self._shape(self.up_kbps)

    def _shape(self, rate_kbps: float) -> Shape:
        return Shape(
            rate_bps=rate_kbps * BITS_PER_KBIT,
            delay_ms=self.rtt_ms / 2,
            jitter_ms=self.jitter_ms,
            loss=self.loss_percent / PERCENT,
            burst_packets=self.burst_packets,
            queue_ms=self.queue_ms,
        )


PROFILES: dict[str, Conditions] = {
    "2g-rural": Conditions(20, 18, 1300, 2),
    "2g-urban": Conditions(35, 32, 1300),
    "edge": Conditions(240, 200, 840, 1),
    "edge-fast": Conditions(240, 200, 420),
    "3g-slow": Conditions(400, 400, 200, 1),
    "3g": Conditions(780, 330, 200),
    "vsat": Conditions(256, 128, 600, 1),
    "bamako": Conditions(4000, 1500, 80, 0.2),
}
