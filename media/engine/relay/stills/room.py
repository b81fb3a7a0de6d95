"""The stills of one room: those that are shared, and those in transfer from each seat.

Owns: their memory, and its limit for a room. Must never send: exchange.py does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from media.core.stills import GOING_MAX, SERVER_IDS, Still, StillReceiver

# The most stills of a room: at most 600 kB each, 7 MB in all; usual stills have 60 kB.
ROOM_STILLS_MAX = 12


@dataclass(eq=False, slots=True)
class SharedStill:
    """A still of a room: the seat that sends it, and the seats that have it. ``number``: its still_id on every
    downlink.
    """

    still: Still
    source_seat: str
    number: int
    had_by: set[str] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class RoomStills:
    """See the module's docstring."""

    shared: list[SharedStill] = field(default_factory=list)
    receivers: dict[str, StillReceiver] = field(default_factory=dict)
    empty_since_ms: float | None = None
    _last_number: int = 0

    @property
    def is_full(self) -> bool:
        """Whether the oldest still must be dropped before a new one is added."""
        return len(self.shared) >= ROOM_STILLS_MAX

    def receiver(self, seat: str) -> StillReceiver:
        """The receiver of the stills from this seat."""
        return self.receivers.setdefault(seat, StillReceiver(GOING_MAX))

    def share(self, still: Still, seat: str) -> SharedStill:
        """Add a still from this seat, under the next number."""
        self._last_number += 1
        shared = SharedStill(still, seat, SERVER_IDS | self._last_number)
        self.shared.append(shared)
        return shared

    def had(self, still: Still, seat: str, seats: set[str]) -> None:
        """This seat has the still; it is deleted once all of ``seats`` have it."""
        shared = next((one for one in self.shared if one.still is still), None)
        if shared is None:
            return
        shared.had_by.add(seat)
        if still.whole and seats <= shared.had_by | {shared.source_seat}:
            self.shared.remove(shared)

    def withdraw(self, seat: str, still_id: int) -> Still | None:
        """The sender withdraws a still that is in transfer from it; returns that still, or None."""
        receiver = self.receivers.get(seat)
        return receiver.remove(still_id) if receiver is not None else None

    def drop(self, still: Still) -> list[str]:
        """Delete a still; returns the seats from which it was in transfer."""
        seats = []
        for shared in [one for one in self.shared if one.still is still]:
            self.shared.remove(shared)
            receiver = self.receivers.get(shared.source_seat)
            if receiver is not None and receiver.coming.get(still.offer.still_id) is still:
                receiver.remove(still.offer.still_id)
                seats.append(shared.source_seat)
        return seats
