"""The pacer of one leg: video leaves at the pace of the link, voice goes first and is never held.

Owns: the queue of video packets towards one leg, and the budget that voice and video share. Must never look
into a packet, nor delay voice: the caller sends voice at once and reports it with `sent`. Sizes are bytes on
the wire, with the headers of RTP, UDP and IP and the SRTP tag.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

PacketT = TypeVar("PacketT")

# A picture older than this is of no use in a talk: a fresh keyframe is better than the whole queue.
MAX_QUEUE_MS = 1_500.0
# One keyframe must fit at any rate, or each keyframe would overflow the queue and cause the next. One of
# 160x120 has 2 to 5 kB.
MIN_QUEUE_BYTES = 6_000
# What a late timer may catch up. More would be a burst in the link's queue, where it holds up voice.
MAX_CREDIT_MS = 20.0
# Voice alone may exceed the rate for a minute; video pays for no more than this of it afterwards.
MAX_DEBT_MS = 500.0
# Rounding may leave a fraction of a byte when the timer fires.
PAID_BYTES = 1.0


class Pacer(Generic[PacketT]):
    """A queue of video packets that drains at ``rate_bps`` minus what voice used.

    ``overflowed`` becomes True when the queue grew beyond its bound and was dropped as a whole; the caller
    asks for a keyframe and calls `overflow_handled`. While ``held`` nothing leaves the queue.
    """

    def __init__(self, rate_bps: float, max_queue_ms: float = MAX_QUEUE_MS) -> None:
        self._rate_bps = rate_bps
        self._max_queue_ms = max_queue_ms
        self._queue: deque[tuple[PacketT, int]] = deque()
        self._queue_bytes = 0
        self._debt_bytes = 0.0  # what has left and time has not yet paid for; negative: credit
        self._paid_ms: float | None = None
        self.overflowed = False
        self.held = False

    @property
    def queue_ms(self) -> float:
        """How long the waiting packets will take at the present rate."""
        return self._ms(self._queue_bytes)

    def set_rate(self, rate_bps: float, now_ms: float) -> None:
        """From now on the queue drains at ``rate_bps`` (> 0)."""
        self._pay(now_ms)
        self._rate_bps = rate_bps

    def sent(self, size_bytes: int, now_ms: float) -> None:
        """Something left at once over the same link: voice, feedback."""
        self._pay(now_ms)
        most_bytes = max(self._debt_bytes, self._rate_bps * MAX_DEBT_MS / 8000)
        self._debt_bytes = min(self._debt_bytes + size_bytes, most_bytes)

    def push_video(self, packet: PacketT, size_bytes: int, now_ms: float, *, front: bool = False) -> None:
        """Queue a packet at the end, or at the front (a retransmission, which somebody waits for)."""
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
        """When `due` will next have something; None while nothing waits or all is held."""
        if not self._queue or self.held:
            return None
        self._pay(now_ms)
        return now_ms + max(0.0, self._ms(self._debt_bytes))

    def overflow_handled(self) -> None:
        """The caller has asked for a keyframe in place of the queue that was dropped."""
        self.overflowed = False

    def hold(self) -> None:
        """Let nothing leave the queue until `release`."""
        self.held = True

    def release(self) -> None:
        """Let what waits leave again, in time with the link."""
        self.held = False

    def clear(self) -> None:
        """Forget the waiting packets (the gate closed)."""
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
