"""The pacer of one leg: it sends video at the rate of the link, and never delays voice.

Owns: the queue of video packets to one leg, and the budget that voice and video share. Must never read a packet,
nor delay voice: the caller sends voice at once and reports it with `sent`. Sizes are bytes on the wire, with the
headers of RTP, UDP and IP and the SRTP tag.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

PacketT = TypeVar("PacketT")

# An older picture is of no use in a conversation: a new keyframe is better than the whole queue.
MAX_QUEUE_MS = 1_500.0
# One keyframe must fit at any rate; otherwise each keyframe would overflow the queue and cause the next one. A
# keyframe of 160x120 has 2 to 5 kB.
MIN_QUEUE_BYTES = 6_000
# The most that a late timer may catch up. More would be a burst that delays voice in the link's queue.
MAX_CREDIT_MS = 20.0
# Voice alone may exceed the rate for a minute; video is then held back for at most this long.
MAX_DEBT_MS = 500.0
# Rounding may leave a fraction of a byte when the timer fires.
PAID_BYTES = 1.0


class Pacer(Generic[PacketT]):
    """A queue of video packets that drains at ``rate_bps`` minus the rate of voice.

    ``overflowed`` becomes True when the queue exceeds its bound and is dropped as a whole; the caller then asks
    for a keyframe and calls `overflow_handled`. While ``held`` is True nothing leaves the queue.
    """

    def __init__(self, rate_bps: float, max_queue_ms: float = MAX_QUEUE_MS) -> None:
        self._rate_bps = rate_bps
        self._max_queue_ms = max_queue_ms
        self._queue: deque[tuple[PacketT, int]] = deque()
        self._queue_bytes = 0
        self._debt_bytes = 0.0  # bytes sent ahead of the rate; negative: credit
        self._paid_ms: float | None = None
        self.overflowed = False
        self.held = False

    @property
    def queue_ms(self) -> float:
        """The time that the waiting packets take at the current rate."""
        return self._ms(self._queue_bytes)

    def set_rate(self, rate_bps: float, now_ms: float) -> None:
        """Set the rate of the queue to ``rate_bps`` (> 0)."""
        self._pay(now_ms)
        self._rate_bps = rate_bps

    def sent(self, size_bytes: int, now_ms: float) -> None:
        """Something was sent at once over the same link: voice or feedback."""
        self._pay(now_ms)
        most_bytes = max(self._debt_bytes, self._rate_bps * MAX_DEBT_MS / 8000)
        self._debt_bytes = min(self._debt_bytes + size_bytes, most_bytes)

    def push_video(self, packet: PacketT, size_bytes: int, now_ms: float, *, front: bool = False) -> None:
        """Queue a packet at the end, or at the front (a retransmission, which the page waits for)."""
        self._pay(now_ms)
        if front:
            self._queue.appendleft((packet, size_bytes))
        else:
            self._queue.append((packet, size_bytes))
        self._queue_bytes += size_bytes
        if self._queue_bytes > max(MIN_QUEUE_BYTES, self._rate_bps * self._max_queue_ms / 8000):
            self.clear()
            self.overflowed = True

    def due(self, now_ms: float) -> list[PacketT]:
        """The packets to send now, in order."""
        self._pay(now_ms)
        packets: list[PacketT] = []
        while self._queue and self._debt_bytes < PAID_BYTES and not self.held:
            packet, size_bytes = self._queue.popleft()
            self._queue_bytes -= size_bytes
            self._debt_bytes += size_bytes
            packets.append(packet)
        return packets

    def next_due_ms(self, now_ms: float) -> float | None:
        """The time at which `due` next returns a packet; None while nothing waits or the queue is held."""
        if not self._queue or self.held:
            return None
        self._pay(now_ms)
        return now_ms + max(0.0, self._ms(self._debt_bytes))

    def overflow_handled(self) -> None:
        """The caller has asked for a keyframe after the queue was dropped."""
        self.overflowed = False

    def hold(self) -> None:
        """Let nothing leave the queue until `release`."""
        self.held = True

    def release(self) -> None:
        """Let waiting packets leave again, at the rate of the link."""
        self.held = False

    def clear(self) -> None:
        """Drop the waiting packets without asking for a keyframe."""
        self._queue.clear()
        self._queue_bytes = 0

    def _ms(self, size_bytes: float) -> float:
        return size_bytes * 8000 / self._rate_bps

    def _pay(self, now_ms: float) -> None:
        if self._paid_ms is not None and now_ms > self._paid_ms:
            bytes_per_ms = self._rate_bps / 8000
            paid_bytes = (now_ms - self._paid_ms) * bytes_per_ms
            self._debt_bytes = max(self._debt_bytes - paid_bytes, -MAX_CREDIT_MS * bytes_per_ms)
        self._paid_ms = now_ms if self._paid_ms is None else max(now_ms, self._paid_ms)
