"""The numbers of refused packets and messages by reason, for operators.

Owns: the sum over the guard (guard.py), all current legs and all closed legs. Must never hold anything but counts
under fixed words: no address, no leg, no content.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from media.engine.relay.rooms import Member
from media.engine.transport.ports import PortRegistry


class Refusals:
    """The sum of all refusals since the engine started."""

    def __init__(self, registry: PortRegistry) -> None:
        self._registry = registry
        self._ended: Counter[str] = Counter()

    def ended(self, member: Member) -> None:
        """Add the refusals of a leg that has closed."""
        self._ended += _of_leg(member)

    def so_far(self, members: Iterable[Member]) -> dict[str, int]:
        """The refusals since the engine started; ``members``: the current legs."""
        total = self._ended + self._registry.guard.refused
        total["unsent"] += sum(port.send_failures for port in self._registry.ports)
        for member in members:
            total += _of_leg(member)
        return {reason: count for reason, count in sorted(total.items()) if count}


def _of_leg(member: Member) -> Counter[str]:
    counts = Counter(member.leg.refused)
    counts["rtp"] += member.uplink.refused_rtp
    for stream in member.downlink.by_ssrc.values():
        counts["codec"] += stream.refused
        counts["repeat"] += stream.responder.refused
    return counts
