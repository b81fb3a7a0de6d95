"""The verdict of probes: the rate at which clusters of padding came through.

Owns: putting the probes of feedbacks together into clusters, the rate of each from its dispersion, and what
that means for an estimate. Must never send a probe (media/core/probe decides when and how large). What else
crosses the link can only slow a cluster, so the fastest of the last ones counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from media.core.estimate.congestion.rates import MAX_ESTIMATE_BPS, USABLE_SHARE
from media.core.estimate.twccsender import PacketResult

# A rate takes two gaps at least; a cluster of four may lose one packet.
MIN_ARRIVED = 3
# Probes that left further apart than this belong to two clusters.
CLUSTER_GAP_US = 100_000
# A cluster has the link to itself when no media left for this long before it.
ALONE_US = 1_000_000
CLUSTERS_KEPT = 3
# A cluster that arrives this much slower than it left was slowed by the link, not by us.
SLOWED_SHARE = 0.8
# One cluster is one sample: do not jump further on it.
MAX_PROBE_STEP = 3.0
# The radio may have bunched the short clusters of a call.
MAX_CALL_STEP = 2.5


class ClusterVerdict(NamedTuple):
    """What the last clusters say, in bit/s: the new estimate, and where the link is full; None: no news."""

    estimate_bps: float | None
    full_at_bps: float | None


class ProbeClusters:
    """The probe clusters of one downlink."""

    def __init__(self) -> None:
        self.media_sent_us: int | None = None
        """When the newest media packet left; None before the first."""
        self._cluster: list[PacketResult] = []
        self._rates_bps: deque[float] = deque(maxlen=CLUSTERS_KEPT)
        self._before_bps = 0.0  # the estimate when the newest cluster began

    @property
    def bps(self) -> float | None:
        """The rate of the fastest of the last clusters; None before the first that came through."""
        return max(self._rates_bps, default=0.0) or None

    def on_probes(
        self, probes: Sequence[PacketResult], estimate_bps: float, *, has_room: bool, tested: bool
    ) -> ClusterVerdict | None:
        """What became of some probes; the verdict on their cluster, None while too little of it arrived.

        ``has_room``: media hardly queues. ``tested``: something has confirmed ``estimate_bps`` already; then
        only a cluster that had the link to itself may lower it.
        """
        if not self._cluster or probes[0].sent_us - self._cluster[-1].sent_us > CLUSTER_GAP_US:
            self._cluster = []
            self._rates_bps.append(0.0)
            self._before_bps = estimate_bps
        self._cluster += probes
        rate_bps = arrival_bps(self._cluster)
        if rate_bps is None:
            return None
        self._rates_bps[-1] = rate_bps
        rate_bps = max(self._rates_bps)
        # A cluster that left slower than the link is fast measures only itself.
        sent_bps = departure_bps(self._cluster)
        measured_bps = USABLE_SHARE * min(rate_bps, sent_bps)
        alone = self.media_sent_us is None or self._cluster[0].sent_us - self.media_sent_us > ALONE_US
        found_full = rate_bps < SLOWED_SHARE * sent_bps and (alone or not tested)
        believed_bps = None
        if measured_bps > self._before_bps:
            if has_room:
                step = MAX_PROBE_STEP if alone else MAX_CALL_STEP
                believed_bps = min(measured_bps, step * self._before_bps)
        elif found_full:
            believed_bps = measured_bps
        return ClusterVerdict(believed_bps, rate_bps if found_full else None)


def arrival_bps(cluster: Sequence[PacketResult]) -> float | None:
    """The rate at which a cluster arrived, in bit/s; None while fewer than three of its packets have.

    A packet that was lost between two that arrived took its time on the link too, so it counts.
    """
    arrived = [index for index, result in enumerate(cluster) if result.arrived_us is not None]
    if len(arrived) < MIN_ARRIVED:
        return None
    first, last = cluster[arrived[0]].arrived_us, cluster[arrived[-1]].arrived_us
    assert first is not None
    assert last is not None
    sizes = [result.size_bytes for result in cluster[arrived[0] + 1 : arrived[-1] + 1]]
    return sum(sizes) * 8_000_000 / (last - first) if last > first else MAX_ESTIMATE_BPS


def departure_bps(cluster: Sequence[PacketResult]) -> float:
    """The rate at which a cluster left, in bit/s: what left after the first packet, over the time it took."""
    span_us = cluster[-1].sent_us - cluster[0].sent_us
    size_bytes = sum(result.size_bytes for result in cluster[1:])
    return size_bytes * 8_000_000 / span_us if span_us > 0 else MAX_ESTIMATE_BPS
