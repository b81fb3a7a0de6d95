"""When several receivers of one picture differ too much to share one encoding.

Owns: what the rules of this package have in common: how many receivers make a group, from which room on a picture
is worth keeping apart, and the comparison of one room with the best. A room is what the voices leave of a downlink,
in wire bit/s. Must never keep state: each rule has its own hysteresis.
"""

from __future__ import annotations

from collections.abc import Sequence

# With one receiver the source itself is asked for less; from two on a rule may serve them differently.
GROUP_WATCHERS_MIN = 2
# Below this the best room has no picture worth keeping apart from the thinnest one's.
BEST_ROOM_MIN_BPS = 120_000


def unlike(
    room_bps: float, rooms_bps: Sequence[float], *, share: float, best_min_bps: float = BEST_ROOM_MIN_BPS
) -> bool:
    """Whether a room is under this share of the best of a group's rooms, and the best is worth the effort."""
    if len(rooms_bps) < GROUP_WATCHERS_MIN:
        return False
    best_bps = max(rooms_bps)
    return best_bps >= best_min_bps and room_bps < share * best_bps
