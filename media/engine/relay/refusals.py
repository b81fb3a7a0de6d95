"""What the engine has turned away, by reason: for whoever runs the server, not for those on a call.

Owns: the sum over the door (guard.py), every leg there is and every leg there was. Must never hold anything but
counts under fixed words: no address, no leg, no content.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from media.engine.relay.rooms import Member
from media.engine.transport.ports import PortRegistry


class Refusals:
    """Tell it which legs end; ask it for the sum."""

    def __init__(self, registry: PortRegistry) -> None:
        self._registry = registry
        self._ended: Counter[str] = Counter()

    def ended(self, member: Member) -> None:
        """This leg is closed, and what it refused stays counted."""
        self._ended += _of_leg(member)

    def so_far(self, members: Iterable[Member]) -> dict[str, int]:
        """Since the engine started; ``members`` are the legs there are."""
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
