"""Probes: clusters of packets that show whether a link carries more than is sent, for downlink and uplink.

Owns: when a probe is worth its cost, its size, and the rate that probes of an uplink measure. Must never send a
packet: this package says how much and when, the engine sends.
"""

from media.core.probe.downlinkprobe import ENOUGH_BPS, CallProbing, ProbeCluster, call_cluster, warm_cluster
from media.core.probe.uplinkprobe import AGAIN, OVERHEAD_BYTES, PROBE_KIND, UplinkProbe

__all__ = [
    "AGAIN",
    "ENOUGH_BPS",
    "OVERHEAD_BYTES",
    "PROBE_KIND",
    "CallProbing",
    "ProbeCluster",
    "UplinkProbe",
    "call_cluster",
    "warm_cluster",
]
