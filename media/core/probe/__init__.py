"""Finding out what a link carries beyond what is sent: probe clusters, for downlink and uplink.

Owns: when a probe is worth its cost, how large it is, and the rate of an uplink's probes. Must never send a
packet: the engine sends, this package says how much and when.
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
