"""A thin link in virtual time: a rate, a delay, random loss, and a queue that drops at its tail."""

from __future__ import annotations

import random


class SimLink:
    """One direction. `send` answers at once when a packet will arrive; nothing waits in real time."""

    def __init__(
        self, rng: random.Random, *, rate_bps: float, delay_ms: float, loss: float, queue_ms: float
    ) -> None:
        self.rate_bps = rate_bps
        self._rng = rng
        self._delay_ms = delay_ms
        self.loss = loss
        self._queue_ms = queue_ms
        self._free_ms = 0.0
        self.dropped = 0

    def waiting_ms(self, now_ms: float) -> float:
        """How long a packet would queue now."""
        return max(0.0, self._free_ms - now_ms)

    def send(self, size_bytes: int, now_ms: float) -> float | None:
        """When this packet arrives, in ms; None if the queue is full or random loss takes the packet."""
        if self.waiting_ms(now_ms) > self._queue_ms:
            self.dropped += 1
            return None
        self._free_ms = max(now_ms, self._free_ms) + size_bytes * 8000 / self.rate_bps
        if self._rng.random() < self.loss:
            return None
        return self._free_ms + self._delay_ms
