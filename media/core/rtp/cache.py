"""The packets that a leg has sent recently, kept to answer NACKs (RFC 4585 section 6.2.1).

Owns: a ring of sent packets by sequence number, bounded in packets, age and bytes. Must never return a packet from
before the 16-bit numbers wrapped. Every call is O(1), on average.
"""

from __future__ import annotations

from media.core.rtp.header import seq_delta

# The largest datagram on an Ethernet path; the guard lets in no larger one.
MAX_PACKET_BYTES = 1_500
# Half the number space: with more packets, a newer number cannot be told from an older one.
MAX_CAPACITY = 0x8000


class PacketCache:
    """The newest `capacity` packets, none older than `max_age_ms`."""

    __slots__ = ("_capacity", "_highest", "_max_age_ms", "_max_bytes", "_oldest", "_slots", "size_bytes")

    def __init__(self, capacity: int, max_age_ms: float, *, max_bytes: int | None = None) -> None:
        """`max_bytes` bounds the sum of packet lengths; by default `capacity` packets of full size."""
        if not 0 < capacity <= MAX_CAPACITY:
            raise ValueError(f"capacity must be 1 to {MAX_CAPACITY}")
        self._capacity = capacity
        self._max_age_ms = max_age_ms
        self._max_bytes = capacity * MAX_PACKET_BYTES if max_bytes is None else max_bytes
        # (unwrapped number, time of sending, packet); the index is the unwrapped number modulo the capacity.
        self._slots: list[tuple[int, float, bytes] | None] = [None] * capacity
        self._highest = -1
        self._oldest = 0
        self.size_bytes = 0

    def put(self, sequence_number: int, packet: bytes, now_ms: float) -> None:
        """Keep `packet`, unless its number is too old for the ring."""
        if self._highest < 0:
            self._highest = self._oldest = sequence_number + 0x10000
            number = self._highest
        else:
            number = self._highest + seq_delta(sequence_number, self._highest)
            if number <= self._highest - self._capacity:
                return
            if number >= self._highest + self._capacity:
                self.clear()
                self._oldest = number
            self._highest = max(self._highest, number)
        self._oldest = min(self._oldest, number)
        self._drop(number % self._capacity)
        self._slots[number % self._capacity] = (number, now_ms, packet)
        self.size_bytes += len(packet)
        self._evict(now_ms)

    def get(self, sequence_number: int, now_ms: float) -> bytes | None:
        """The packet sent with this number; None if it is gone or too old."""
        number = self._highest + seq_delta(sequence_number, self._highest)
        entry = self._slots[number % self._capacity]
        if entry is None or entry[0] != number or now_ms - entry[1] > self._max_age_ms:
            return None
        return entry[2]

    def clear(self) -> None:
        """Forget every packet."""
        self._slots = [None] * self._capacity
        self.size_bytes = 0

    def _drop(self, index: int) -> None:
        entry = self._slots[index]
        if entry is not None:
            self.size_bytes -= len(entry[2])
            self._slots[index] = None

    def _evict(self, now_ms: float) -> None:
        """Drop the oldest numbers until every bound holds."""
        oldest_allowed_ms = now_ms - self._max_age_ms
        first_in_ring = self._highest - self._capacity + 1
        while self._oldest <= self._highest:
            entry = self._slots[self._oldest % self._capacity]
            if (
                self._oldest >= first_in_ring
                and entry is not None
                and entry[0] == self._oldest
                and entry[1] >= oldest_allowed_ms
                and self.size_bytes <= self._max_bytes
            ):
                return
            if entry is not None and entry[0] <= self._oldest:
                self._drop(self._oldest % self._capacity)
            self._oldest += 1
