"""Sockets before their hello: how many of them there may be, by network and by participant.

Owns: those counts. Must never decide who somebody is: a cookie only says whose places are used. What a socket may
do, its ticket says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from server.platform.http.networks import networks_of
from signaling.limits import MAX_GREETING_PER_PARTICIPANT, MAX_STRANGERS_PER_NETWORK

# An IPv6 /48 is one customer with 65,536 networks.
NETWORKS_AT_ONCE = 4


@dataclass(slots=True, eq=False)
class Newcomer:
    """Whoever asks for a socket. ``participant_id``: whose cookie came with it, empty for strangers."""

    address: str
    participant_id: str = ""
    counted: bool = False


class Greetings:
    """All sockets that have not said hello yet; ``strangers_max``: those of strangers."""

    def __init__(self, strangers_max: int) -> None:
        self._strangers_max = strangers_max
        self._strangers = 0
        self._inside: Counter[str] = Counter()

    def enter(self, newcomer: Newcomer) -> bool:
        """Whether there is a place for one more."""
        bounds = _bounds(newcomer)
        if not newcomer.participant_id and self._strangers >= self._strangers_max:
            return False
        if any(self._inside[key] >= most for key, most in bounds.items()):
            return False
        newcomer.counted = True
        self._strangers += not newcomer.participant_id
        self._inside.update(bounds.keys())
        return True

    def leave(self, newcomer: Newcomer) -> None:
        """The hello has come, or the socket has gone; safe to call twice."""
        if not newcomer.counted:
            return
        newcomer.counted = False
        self._strangers -= not newcomer.participant_id
        for key in _bounds(newcomer):
            self._inside[key] -= 1
            if not self._inside[key]:
                del self._inside[key]


def _bounds(newcomer: Newcomer) -> dict[str, int]:
    """Which counts a newcomer stands in, and how far each may go."""
    if newcomer.participant_id:
        return {newcomer.participant_id: MAX_GREETING_PER_PARTICIPANT}
    narrow, wide = networks_of(newcomer.address)
    return {wide: NETWORKS_AT_ONCE * MAX_STRANGERS_PER_NETWORK, narrow: MAX_STRANGERS_PER_NETWORK}
