"""Holds packets of a picture until the lost packets before them have been retransmitted.

Owns: which packets wait, their order, and how long they wait at most. Must never request a retransmission (nack.py
does) and never drop a packet. Without this wait, a page near the relay requests packets in vain that the relay
itself still waits for, and gives up after ten short round trips. The page's jitter buffer ignores retransmitted
frames, so it never adapts to the delay of a thin uplink. With the wait, a repair looks like ordinary delay, which
the page's buffer covers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from media.core.repair.nack import MAX_MISSING

PacketT = TypeVar("PacketT")

# Time for two requests: the second is sent after a round trip and a quarter.
WAIT_RTT_FACTOR = 2.5
# Two ticks, the reordering grace and the page's own pacer add this.
WAIT_MS = 100.0
# A page asks for a keyframe after three seconds without a frame.
MAX_WAIT_MS = 2_500.0
# As many packets as there may be holes.
MAX_HELD_PACKETS = MAX_MISSING


class RepairWait(Generic[PacketT]):
    """The held packets of one stream.

    ``holes`` gives each missing number, and since when it is missing (ms), both in ascending order.
    """

    __slots__ = ("_held", "_holes", "_wait_ms")

    def __init__(self, holes: Callable[[], Iterator[tuple[int, float]]]) -> None:
        self._holes = holes
        self._held: list[tuple[int, PacketT]] = []
        self._wait_ms = WAIT_MS

    @property
    def held_count(self) -> int:
        """The number of packets that wait."""
        return len(self._held)

    def follow(self, rtt_ms: float) -> None:
        """Set the round-trip time to the publisher's page: a repair takes at least as long."""
        self._wait_ms = min(rtt_ms * WAIT_RTT_FACTOR + WAIT_MS, MAX_WAIT_MS)

    def arrived(self, number: int, packet: PacketT, now_ms: float, *, fresh: bool) -> list[PacketT]:
        """Take in a packet with its unwrapped number. Returns the packets to forward now, in order.

        ``fresh``: a keyframe begins, so no earlier packet is needed.
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
        """The packets to forward now: no missing packet before them is worth the wait any more."""
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
        """All waiting packets, in order; the wait ends."""
        packets = [packet for _, packet in self._held]
        self._held.clear()
        return packets

    def _first_missing(self, now_ms: float) -> int | None:
        for number, since_ms in self._holes():
            if now_ms - since_ms < self._wait_ms:
                return number
        return None
