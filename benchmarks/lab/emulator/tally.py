"""The counters of one direction of an emulated link.

Owns: counters since the last reset and their summary. Must never read a clock: the length of the window is an
argument.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.lab.emulator.kinds import KINDS, kind_of

BITS_PER_BYTE = 8


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest-rank percentile: the smallest value that at least ``share`` (0 to 1) of all values do not exceed.

    0 without values.
    """
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass
class Tally:
    """Counters of one direction. Sizes are those of IP packets."""

    offered_packets: int = 0
    delivered_packets: int = 0
    delivered_bytes: int = 0
    bytes_by_kind: Counter[str] = field(default_factory=Counter)
    dropped_queue: int = 0
    dropped_loss: int = 0
    queue_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)

    def delivered(self, packet: bytes) -> None:
        """One packet has reached the far end."""
        self.delivered_packets += 1
        self.delivered_bytes += len(packet)
        self.bytes_by_kind[kind_of(packet)] += len(packet)

    def summary(self, window_s: float) -> dict[str, Any]:
        """The counters as plain values for a window of ``window_s`` seconds.

        ``queue_ms``: how long transmitted packets waited for others, or in a black-out. ``late_ms``: how late the
        emulator itself delivers packets; more than a few ms means that the machine is too busy.
        """

        def kbps(size_bytes: int) -> float:
            return round(size_bytes * BITS_PER_BYTE / 1000 / window_s, 2) if window_s > 0 else 0.0

        return {
            "kbps": kbps(self.delivered_bytes),
            "kbps_by_kind": {
                kind: kbps(self.bytes_by_kind[kind]) for kind in KINDS if self.bytes_by_kind[kind]
            },
            "packets": self.delivered_packets,
            "offered": self.offered_packets,
            "drops": self.dropped_queue + self.dropped_loss,
            "drops_queue": self.dropped_queue,
            "drops_loss": self.dropped_loss,
            "queue_ms_p50": round(percentile(self.queue_ms, 0.50), 2),
            "queue_ms_p95": round(percentile(self.queue_ms, 0.95), 2),
            "queue_ms_max": round(max(self.queue_ms, default=0.0), 2),
            "late_ms_p99": round(percentile(self.late_ms, 0.99), 3),
        }
