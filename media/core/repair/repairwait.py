"""Holding a picture's packets back until the lost ones before them have been sent again.

Owns: which packets wait, in order, and for how long at most. Must never ask for a retransmission (nack.py
does) and never drop a packet. Without it a page near the relay asks the relay in vain for packets that the
relay itself waits for, and gives up after ten short round trips. Its jitter buffer never learns how late a
thin link's pictures come, for it ignores retransmitted frames. Held back here, a repair is ordinary delay,
which the page's buffer covers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from media.core.repair.nack import MAX_MISSING

PacketT = TypeVar("PacketT")

# Two requests, each with its round trip, one of them repeated after a round trip and a quarter …
WAIT_RTT_FACTOR = 2.5
# … and what two ticks, the reordering grace and the page's own pacer add.
WAIT_MS = 100.0
# A page asks for a keyframe after three seconds without a frame.
MAX_WAIT_MS = 2_500.0
# As many as there may be holes.
MAX_HELD_PACKETS = MAX_MISSING


class RepairWait(Generic[PacketT]):
    """The held packets of one stream.

    ``holes`` gives the missing numbers with the time each has been missing since, in rising order of both.
    """

    __slots__ = ("_held", "_holes", "_wait_ms")

    def __init__(self, holes: Callable[[], Iterator[tuple[int, float]]]) -> None:
        self._holes = holes
        self._held: list[tuple[int, PacketT]] = []
        self._wait_ms = WAIT_MS

    @property
    def held_count(self) -> int:
        """How many packets wait."""
        return len(self._held)

    def follow(self, rtt_ms: float) -> None:
        """The round trip to the publisher's page: how long a repair takes."""
        self._wait_ms = min(rtt_ms * WAIT_RTT_FACTOR + WAIT_MS, MAX_WAIT_MS)

    def arrived(self, number: int, packet: PacketT, now_ms: float, *, fresh: bool) -> list[PacketT]:
        """A packet with its unwrapped number arrived; the packets that may go on now, in order.

        ``fresh``: nothing before this one is needed any more (a keyframe begins).
        """
        if fresh:
            packets = self.released()
            packets.append(packet)
            return packets
        held = self._held
        at = len(held)
        while at and held[at - 1][0] > number:
            at -= 1
        held.insert(at, (number, packet))
        return self.due(now_ms)

    def due(self, now_ms: float) -> list[PacketT]:
        """The packets before which nothing is missing that is worth waiting for."""
        held = self._held
        if len(held) > MAX_HELD_PACKETS:
            return self.released()
        first_missing = self._first_missing(now_ms)
        if first_missing is None:
            return self.released()
        free = 0
        while free < len(held) and held[free][0] < first_missing:
            free += 1
        packets = [packet for _, packet in held[:free]]
        del held[:free]
        return packets

    def released(self) -> list[PacketT]:
        """All waiting packets, in order; nobody waits for repairs any more."""
        packets = [packet for _, packet in self._held]
        self._held.clear()
        return packets

    def _first_missing(self, now_ms: float) -> int | None:
        for number, since_ms in self._holes():
            if now_ms - since_ms < self._wait_ms:
                return number
        return None
