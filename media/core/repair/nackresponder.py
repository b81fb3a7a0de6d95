"""Which requests for lost packets are answered (generic NACK, RFC 4585 section 6.2.1).

Owns: the limits of retransmission to one receiver: each number at most once per round trip, all within a budget of
bytes. Must never build or send a packet. Answering every request would fill the thin link that lost the packets.
"""

from __future__ import annotations

# For this many numbers the last retransmission is remembered.
WINDOW_PACKETS = 1_024
# A request that is repeated before the retransmission can arrive is not answered. The round-trip time varies by a
# quarter.
RESEND_RTT_FACTOR = 0.75
MIN_RESEND_MS = 10.0
# The assumed size of a retransmission if the caller gives none: a full video packet.
DEFAULT_PACKET_BYTES = 1_200
# The default budget of a leg: 256 kbit/s, as much as the best of our thin links carries.
DEFAULT_BUDGET_BYTES_PER_S = 32_000
# The bucket holds the budget of this time, so that one burst of loss is repaired at once.
BUDGET_BURST_MS = 500.0


class NackResponder:
    """Which requests of one receiver are answered."""

    __slots__ = ("_bucket_bytes", "_bytes_per_s", "_filled_ms", "_resent", "refused")

    def __init__(self, budget_bytes_per_s: float = DEFAULT_BUDGET_BYTES_PER_S) -> None:
        self._bytes_per_s = budget_bytes_per_s
        self._bucket_bytes = self._burst_bytes
        self._filled_ms: float | None = None
        # (number, time of its last retransmission); the index is the number modulo the window.
        self._resent: list[tuple[int, float] | None] = [None] * WINDOW_PACKETS
        self.refused = 0

    @property
    def _burst_bytes(self) -> float:
        # The bucket always holds a full packet; otherwise a small budget would refuse all of them for ever.
        return max(self._bytes_per_s * BUDGET_BURST_MS / 1_000, DEFAULT_PACKET_BYTES)

    def allow(
        self, sequence_number: int, now_ms: float, rtt_ms: float, size_bytes: int = DEFAULT_PACKET_BYTES
    ) -> bool:
        """Whether to retransmit this packet now; True counts as sent."""
        place = sequence_number % WINDOW_PACKETS
        last = self._resent[place]
        interval_ms = max(rtt_ms * RESEND_RTT_FACTOR, MIN_RESEND_MS)
        if last is not None and last[0] == sequence_number and now_ms - last[1] < interval_ms:
            self.refused += 1
            return False
        self._fill(now_ms)
        if size_bytes > self._bucket_bytes:
            self.refused += 1
            return False
        self._bucket_bytes -= size_bytes
        self._resent[place] = (sequence_number, now_ms)
        return True

    def _fill(self, now_ms: float) -> None:
        if self._filled_ms is not None:
            gained = self._bytes_per_s * (now_ms - self._filled_ms) / 1_000
            self._bucket_bytes = min(self._bucket_bytes + gained, self._burst_bytes)
        self._filled_ms = now_ms
