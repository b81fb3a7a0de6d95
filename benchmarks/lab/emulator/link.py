"""One direction of an emulated link, in virtual time.

Owns: the path of a packet through a drop-tail queue, a transmitter of limited rate, loss on the air and propagation
with jitter. PURE: no sockets, no clock, no randomness of its own; time (seconds, any origin, never going back)
and a seeded generator are arguments, so that a test runs an hour of link in a moment.

It behaves like a radio link: a full queue drops new packets; a transmitted packet uses the rate even if it is then
lost; no packet overtakes an earlier one. A rate of 0 is a black-out: the packets in the queue wait, and a full
queue drops new ones.
"""

from __future__ import annotations

import math
import random
from collections import deque
from dataclasses import dataclass

from benchmarks.lab.emulator.loss import LossProcess, make_loss
from benchmarks.lab.emulator.tally import BITS_PER_BYTE, Tally

MS_PER_S = 1000.0


@dataclass(frozen=True)
class Shape:
    """How one direction behaves.

    ``rate_bps`` counts IP packets (`math.inf`: no limit, 0: black-out); ``delay_ms`` one way;
    ``jitter_ms`` the standard deviation of the delay; ``loss`` a ratio; ``burst_packets`` the mean length
    of a burst of losses (None: losses are independent); ``queue_ms`` the longest wait for the transmitter
    with which the queue still accepts a packet; ``largest_bytes``: larger IP packets vanish
    (None: of any size pass).
    """

    rate_bps: float = math.inf
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    burst_packets: float | None = None
    queue_ms: float = 400.0
    largest_bytes: float | None = None


OPEN = Shape()


@dataclass
class _Waiting:
    packet: bytes
    since_s: float


@dataclass
class _Flying:
    packet: bytes
    arrival_s: float


class Link:
    """The emulator of one direction: `offer` puts packets in, `due` takes arrived ones out."""

    def __init__(self, shape: Shape, rng: random.Random) -> None:
        self.tally = Tally()
        self._rng = rng
        self._queue: deque[_Waiting] = deque()
        self._air: deque[_Flying] = deque()
        self._backlog_bits = 0.0  # all bits not yet transmitted, the rest of the first packet included
        self._head_bits = 0.0  # bits of the first packet not yet transmitted at _served_s
        self._served_s = 0.0
        self._last_arrival_s = -math.inf
        self._queue_limit_bits = 0.0
        self._loss_kind = (shape.loss, shape.burst_packets)
        self._loss: LossProcess = make_loss(*self._loss_kind, rng)
        self._adopt(shape)

    def reshape(self, now_s: float, shape: Shape) -> None:
        """Behave like ``shape`` from now on; the packet in transmission continues at the new rate."""
        self._serve(now_s)
        if self._queue and self._shape.rate_bps > 0:
            sent_bits = min(self._head_bits, (now_s - self._served_s) * self._shape.rate_bps)
            self._head_bits -= sent_bits
            self._backlog_bits -= sent_bits
        self._served_s = now_s
        self._adopt(shape)

    def offer(self, now_s: float, packet: bytes) -> bool:
        """Give one IP packet to the link. False: the queue was full."""
        self._serve(now_s)
        self.tally.offered_packets += 1
        if self._shape.largest_bytes is not None and len(packet) > self._shape.largest_bytes:
            self.tally.dropped_loss += 1
            return True
        if self._waiting_bits(now_s) > self._queue_limit_bits:
            self.tally.dropped_queue += 1
            return False
        bits = len(packet) * BITS_PER_BYTE
        self._queue.append(_Waiting(packet, now_s))
        self._backlog_bits += bits
        if len(self._queue) == 1:
            self._begin(now_s)
        self._serve(now_s)
        return True

    def due(self, now_s: float) -> list[bytes]:
        """The packets that have arrived at the far end by now, in order."""
        self._serve(now_s)
        arrived: list[bytes] = []
        while self._air and self._air[0].arrival_s <= now_s:
            flying = self._air.popleft()
            arrived.append(flying.packet)
            self.tally.delivered(flying.packet)
            self.tally.late_ms.append((now_s - flying.arrival_s) * MS_PER_S)
        return arrived

    def next_event_s(self) -> float:
        """When `due` should be called next, `math.inf` if only an `offer` can change anything."""
        return min(self._air[0].arrival_s if self._air else math.inf, self._head_done_s())

    def reset_tally(self) -> None:
        """Count from zero; packets on the link stay there."""
        self.tally = Tally()

    def _adopt(self, shape: Shape) -> None:
        self._shape = shape
        kind = (shape.loss, shape.burst_packets)
        if kind != self._loss_kind:  # a burst of losses continues when only the rate changes
            self._loss = make_loss(*kind, self._rng)
            self._loss_kind = kind
        if shape.rate_bps > 0:  # in a black-out the queue keeps its size
            self._queue_limit_bits = shape.rate_bps * shape.queue_ms / MS_PER_S

    def _waiting_bits(self, now_s: float) -> float:
        """The bits that a packet offered now waits for."""
        if not self._queue:
            return 0.0
        return self._backlog_bits - min(self._head_bits, (now_s - self._served_s) * self._shape.rate_bps)

    def _head_done_s(self) -> float:
        if not self._queue or self._shape.rate_bps <= 0:
            return math.inf
        return self._served_s + self._head_bits / self._shape.rate_bps

    def _begin(self, now_s: float) -> None:
        """Start transmitting the head of the queue."""
        self._head_bits = len(self._queue[0].packet) * BITS_PER_BYTE
        self._served_s = now_s

    def _serve(self, now_s: float) -> None:
        """Finish every transmission that ends by now."""
        while (done_s := self._head_done_s()) <= now_s:
            head = self._queue.popleft()
            self._backlog_bits -= self._head_bits
            own_s = len(head.packet) * BITS_PER_BYTE / self._shape.rate_bps
            self.tally.queue_ms.append(max(0.0, done_s - head.since_s - own_s) * MS_PER_S)
            self._depart(done_s, head.packet)
            if self._queue:
                self._begin(done_s)
            else:
                self._backlog_bits = 0.0  # removes the drift of rounding

    def _depart(self, now_s: float, packet: bytes) -> None:
        if self._loss.lost():
            self.tally.dropped_loss += 1
            return
        delay_ms = self._shape.delay_ms
        if self._shape.jitter_ms > 0:
            delay_ms = max(0.0, self._rng.gauss(delay_ms, self._shape.jitter_ms))
        arrival_s = max(self._last_arrival_s, now_s + delay_ms / MS_PER_S)
        self._last_arrival_s = arrival_s
        self._air.append(_Flying(packet, arrival_s))
