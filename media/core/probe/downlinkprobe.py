"""How large a probe cluster of a downlink may be, and when one is worth its cost in a call.

Owns: the size of a cluster, and when a call tests whether its link has become wider: only if more room would be
used, only on a link without queue and with little loss, and only at a small share of the link's rate. Must never
send or measure: the engine sends, media/core/estimate measures.
"""

from __future__ import annotations

from typing import NamedTuple

# RTP header and transport-wide number 20, SRTP tag, UDP and IPv4 38: the headers of a padding packet.
HEADERS_BYTES = 58
# RFC 3550 section 5.1: the length of the padding is one byte.
PADDING_MAX_BYTES = 255

# The first cluster, without a measurement: four packets take 0.3 s at 16 kbit/s, and fit into a queue of 400 ms.
FIRST_CLUSTER_BYTES = 560
# On a warm leg no media waits behind the cluster, so it takes a quarter of a second of the link. Eight packets of
# 300 bytes are enough for a median at any rate.
WARM_CLUSTER_MS = 250.0
WARM_CLUSTER_MAX_BYTES = 2_400
# In a call, voice waits behind the cluster: a tenth of a second, as it does behind a chunk of a still.
CALL_CLUSTER_MS = 100.0
CALL_CLUSTER_MIN_BYTES = 4 * 75
CALL_CLUSTER_MAX_BYTES = 1_200
MIN_PACKETS = 4
MAX_PACKETS = 8

# Probing takes at most this share of the estimate.
COST_SHARE = 0.05
MIN_WAIT_MS = 4_000.0
# On a link that stays thin, the time between clusters grows up to this.
MAX_WAIT_MS = 15_000.0
WAIT_GROWTH = 1.3
GREW = 1.1
# Below this queue our own packets do not delay the cluster.
CALM_QUEUE_MS = 30.0
# With more loss than this most clusters lose a packet.
CALM_LOSS = 0.25
# From this estimate on, a picture finds the limit of the link by itself.
ENOUGH_BPS = 60_000.0


class ProbeCluster(NamedTuple):
    """``packets`` of padding, each with ``padding_bytes``."""

    packets: int
    padding_bytes: int


def warm_cluster(measured_bps: float | None) -> ProbeCluster:
    """The cluster for a leg without media. ``measured_bps``: the rate of earlier clusters; None for the first."""
    if measured_bps is None:
        return _cluster(FIRST_CLUSTER_BYTES)
    size_bytes = measured_bps * WARM_CLUSTER_MS / 8000
    return _cluster(min(max(size_bytes, FIRST_CLUSTER_BYTES), WARM_CLUSTER_MAX_BYTES))


def call_cluster(estimate_bps: float) -> ProbeCluster:
    """The cluster for a call, in which voice may wait behind it."""
    size_bytes = estimate_bps * CALL_CLUSTER_MS / 8000
    return _cluster(min(max(size_bytes, CALL_CLUSTER_MIN_BYTES), CALL_CLUSTER_MAX_BYTES))


def _cluster(size_bytes: float) -> ProbeCluster:
    packets = min(MAX_PACKETS, max(MIN_PACKETS, round(size_bytes / (HEADERS_BYTES + PADDING_MAX_BYTES))))
    return ProbeCluster(packets, min(PADDING_MAX_BYTES, max(1, round(size_bytes / packets) - HEADERS_BYTES)))


class CallProbing:
    """When one leg sends a cluster during a call. Call `due` as often as you like."""

    def __init__(self) -> None:
        self._next_ms: float | None = None
        self._wait_ms = MIN_WAIT_MS
        self._before_bps = 0.0

    def due(
        self, now_ms: float, *, wanted_bps: float, estimate_bps: float, queue_ms: float, loss_ratio: float
    ) -> bool:
        """Whether to send a cluster now; True counts as sent.

        ``wanted_bps``: the estimate that would be enough for everything that could be sent; 0: no more is wanted.
        Once the estimate reaches it, the time between clusters is the shortest again.
        """
        if estimate_bps >= wanted_bps:
            self._next_ms = None
            self._wait_ms = MIN_WAIT_MS
            return False
        if self._next_ms is None:
            self._next_ms = now_ms + MIN_WAIT_MS
        calm = queue_ms < CALM_QUEUE_MS and loss_ratio < CALM_LOSS
        if now_ms < self._next_ms or not calm:
            return False
        cluster = call_cluster(estimate_bps)
        cost_ms = (
            cluster.packets * (cluster.padding_bytes + HEADERS_BYTES) * 8000 / (COST_SHARE * estimate_bps)
        )
        grew = estimate_bps > GREW * self._before_bps
        self._wait_ms = MIN_WAIT_MS if grew else min(MAX_WAIT_MS, WAIT_GROWTH * self._wait_ms)
        self._before_bps = estimate_bps
        self._next_ms = now_ms + max(cost_ms, self._wait_ms)
        return True
