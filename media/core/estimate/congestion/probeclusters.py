"""The verdict of probes: the rate at which clusters of padding arrive.

Owns: grouping the probes of feedback into clusters, the rate of each cluster from its dispersion, and its effect
on an estimate. Must never send a probe (media/core/probe decides when and how large). Other traffic can only slow
a cluster, so the fastest of the last clusters counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from media.core.estimate.congestion.rates import MAX_ESTIMATE_BPS, USABLE_SHARE
from media.core.estimate.twccsender import PacketResult

# A rate needs at least two gaps; a cluster of four packets may lose one.
MIN_ARRIVED = 3
# A longer gap between two probes at sending separates two clusters.
CLUSTER_GAP_US = 100_000
# A cluster is alone on the link if no media was sent for this long before it.
ALONE_US = 1_000_000
CLUSTERS_KEPT = 3
# A cluster that arrives at less than this share of its sending rate was slowed by the link.
SLOWED_SHARE = 0.8
# The largest step of the estimate after one cluster, which is only one sample.
MAX_PROBE_STEP = 3.0
# The largest step during a call, where the radio may bunch the short clusters.
MAX_CALL_STEP = 2.5


class ClusterVerdict(NamedTuple):
    """The verdict of the last clusters, in bit/s: the new estimate, and the rate at which the link is full; None:
    unchanged.
    """

    estimate_bps: float | None
    full_at_bps: float | None


class ProbeClusters:
    """The probe clusters of one downlink."""

    def __init__(self) -> None:
        self.media_sent_us: int | None = None
        """The sending time of the newest media packet; None before the first."""
        self._cluster: list[PacketResult] = []
        self._rates_bps: deque[float] = deque(maxlen=CLUSTERS_KEPT)
        self._before_bps = 0.0  # the estimate when the newest cluster began

    @property
    def bps(self) -> float | None:
        """The rate of the fastest of the last clusters; None before the first one has arrived."""
        return max(self._rates_bps, default=0.0) or None

    def on_probes(
        self, probes: Sequence[PacketResult], estimate_bps: float, *, has_room: bool, tested: bool
    ) -> ClusterVerdict | None:
        """Feedback about probes; returns the verdict on their cluster, None until enough of it has arrived.

        ``has_room``: media hardly queues. ``tested``: ``estimate_bps`` is already confirmed; only a cluster that
        was alone on the link may then lower it.
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
        # A cluster that is sent slower than the link's rate measures only its own sending rate.
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
    """The rate at which a cluster arrived, in bit/s; None while fewer than three of its packets have arrived.

    A packet lost between two that arrived counts, because it took its time on the link too.
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
    """The rate at which a cluster was sent, in bit/s: all packets but the first, over the time that they took."""
    span_us = cluster[-1].sent_us - cluster[0].sent_us
    size_bytes = sum(result.size_bytes for result in cluster[1:])
    return size_bytes * 8_000_000 / span_us if span_us > 0 else MAX_ESTIMATE_BPS
