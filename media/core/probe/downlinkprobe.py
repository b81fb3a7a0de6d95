"""How large a probe cluster may be, and when one is worth its cost while people talk.

Owns: the size of clusters for what is known of the link, and when a call tests whether its link has widened:
only while something is wanted for which there seems to be no room, only on a calm link, and never for more
than a small share of it. Must never send or measure: the engine sends, media/core/estimate judges what came
of it.
"""

from __future__ import annotations

from typing import NamedTuple

# RTP header and transport-wide number 20, SRTP tag, UDP and IPv4 38: a packet of padding weighs at least
# this.
HEADERS_BYTES = 58
# RFC 3550 section 5.1: one byte holds the length of the padding.
PADDING_MAX_BYTES = 255

# When nothing is known: four packets take 0.3 s at 16 kbit/s, which a queue of 400 ms still holds.
FIRST_CLUSTER_BYTES = 560
# A quarter of a second of the link on a warm leg, where nobody waits; eight packets of 300 bytes are enough
# for a median at any rate.
WARM_CLUSTER_MS = 250.0
WARM_CLUSTER_MAX_BYTES = 2_400
# In a call voice waits behind the cluster: a tenth of a second, as behind a piece of a still.
CALL_CLUSTER_MS = 100.0
CALL_CLUSTER_MIN_BYTES = 4 * 75
CALL_CLUSTER_MAX_BYTES = 1_200
MIN_PACKETS = 4
MAX_PACKETS = 8

# What probing may cost of the estimate.
COST_SHARE = 0.05
MIN_WAIT_MS = 4_000.0
# A link that stays thin for minutes need not be tested all the time.
MAX_WAIT_MS = 15_000.0
WAIT_GROWTH = 1.3
GREW = 1.1
# Under this queue no packet of ours delays the cluster.
CALM_QUEUE_MS = 30.0
# With more loss than this most clusters lose a packet.
CALM_LOSS = 0.25
# From here on a picture finds the link's limit by itself.
ENOUGH_BPS = 60_000.0


class ProbeCluster(NamedTuple):
    """``packets`` of padding, each with ``padding_bytes``."""

    packets: int
    padding_bytes: int


def warm_cluster(measured_bps: float | None) -> ProbeCluster:
    """The cluster for a leg that carries nothing, by what earlier clusters measured in bit/s (None: the first)."""
    if measured_bps is None:
        return _cluster(FIRST_CLUSTER_BYTES)
    size_bytes = measured_bps * WARM_CLUSTER_MS / 8000
    return _cluster(min(max(size_bytes, FIRST_CLUSTER_BYTES), WARM_CLUSTER_MAX_BYTES))


def call_cluster(estimate_bps: float) -> ProbeCluster:
    """The cluster for a call, where voice may have to wait for it."""
    size_bytes = estimate_bps * CALL_CLUSTER_MS / 8000
    return _cluster(min(max(size_bytes, CALL_CLUSTER_MIN_BYTES), CALL_CLUSTER_MAX_BYTES))


def _cluster(size_bytes: float) -> ProbeCluster:
    packets = min(MAX_PACKETS, max(MIN_PACKETS, round(size_bytes / (HEADERS_BYTES + PADDING_MAX_BYTES))))
    return ProbeCluster(packets, min(PADDING_MAX_BYTES, max(1, round(size_bytes / packets) - HEADERS_BYTES)))


class CallProbing:
    """When one leg's call sends a cluster. Call `due` as often as you like."""

    def __init__(self) -> None:
        self._next_ms: float | None = None
        self._wait_ms = MIN_WAIT_MS
        self._before_bps = 0.0

    def due(
        self, now_ms: float, *, wanted_bps: float, estimate_bps: float, queue_ms: float, loss_ratio: float
    ) -> bool:
        """Whether to send one now; True counts as sent.

        ``wanted_bps``: the estimate that would have room for what waits; 0: nothing waits. Once there is
        room, the waits start again from the shortest.
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
