"""The links of the measurements by name, and the shape of each of their two directions.

Owns: the table of profiles (from Facebook's Augmented Traffic Control, sitespeed.io's throttle and reports from
Malian and Zambian clinics). PURE.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.lab.emulator.link import Shape

BITS_PER_KBIT = 1000
PERCENT = 100


@dataclass(frozen=True)
class Conditions:
    """Both directions of a link. ``down`` goes to the station, ``up`` comes from it.

    Rates are kbit/s of IP packets; each direction takes half of ``rtt_ms``; loss is percent each way, ``jitter_ms``
    each way; IP packets over ``largest_bytes`` vanish, each way.
    """

    down_kbps: float
    up_kbps: float
    rtt_ms: float
    loss_percent: float = 0.0
    queue_ms: float = 400.0
    jitter_ms: float = 0.0
    burst_packets: float | None = None
    largest_bytes: float | None = None

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
            largest_bytes=self.largest_bytes,
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
