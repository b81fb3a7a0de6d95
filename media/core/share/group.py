"""When several receivers of one picture differ too much to share one encoding.

Owns: what the rules of this package share: how many receivers make a group, the least best room at which receivers
are served differently, and the comparison of one room with the best. A room is the part of a downlink that the
voices leave, in bit/s on the wire. Must never keep state: each rule has its own hysteresis.
"""

from __future__ import annotations

from collections.abc import Sequence

# One receiver alone needs no rule: the source is asked for less. From two on, a rule may serve them differently.
GROUP_WATCHERS_MIN = 2
# If the best room is below this, its picture is not worth a separate encoding for the others.
BEST_ROOM_MIN_BPS = 120_000


def unlike(
    room_bps: float, rooms_bps: Sequence[float], *, share: float, best_min_bps: float = BEST_ROOM_MIN_BPS
) -> bool:
    """Whether a room is below this share of the best room of a group, and the best room is at least the minimum."""
    if len(rooms_bps) < GROUP_WATCHERS_MIN:
        return False
    best_bps = max(rooms_bps)
    return best_bps >= best_min_bps and room_bps < share * best_bps
