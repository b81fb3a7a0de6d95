"""The lab's link emulator (benchmarks/lab/emulator/link.py) in virtual time, and a reliable stream over it.

Owns: one direction of a link with the sizes of packets on the wire; and a stream over it that retransmits lost
messages (TCP under the socket, SCTP under the data channel), with acknowledgements in the other direction.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from benchmarks.lab.emulator.link import Link, Shape
from benchmarks.lab.emulator.tally import Tally
from tests.sim.agenda import Agenda

# The shortest retransmission timer (RFC 6298 section 2.4, RFC 9260 section 16), and its round trips.
RTO_MIN_MS = 1_000.0
RTO_ROUND_TRIPS = 2.0
ACK_BYTES = 90
ACK_EVERY = 2


class Wire(bytes):
    """One datagram: as many zero bytes as the IP packet has, with the datagram's kind and content as attributes."""

    body: Any
    kind: str
    what: str

    def __new__(cls, kind: str, body: Any, size_bytes: int, what: str = "") -> Wire:
        wire = super().__new__(cls, size_bytes)
        wire.body, wire.kind, wire.what = body, kind, what or kind
        return wire


class Pipe:
    """One direction; `deliver` is called for each datagram that arrives."""

    def __init__(
        self, agenda: Agenda, shape: Shape, rng: random.Random, deliver: Callable[[Wire], None]
    ) -> None:
        self._agenda = agenda
        self._link = Link(shape, rng)
        self._deliver = deliver
        self._armed_ms = math.inf
        self.shape = shape
        self.dropped: Counter[str] = Counter()  # because the queue was full
        self.offered_bytes: Counter[str] = Counter()
        self.voice_dropped_ms: list[float] = []

    @property
    def tally(self) -> Tally:
        return self._link.tally

    def reset_tally(self) -> None:
        self._link.reset_tally()
        self.dropped.clear()
        self.offered_bytes.clear()

    def reshape(self, shape: Shape) -> None:
        self.shape = shape
        self._link.reshape(self._agenda.now_ms / 1000, shape)
        self._arm()

    def send(self, wire: Wire) -> bool:
        self.offered_bytes[wire.what] += len(wire)
        let_in = self._link.offer(self._agenda.now_ms / 1000, wire)
        if not let_in:
            self.dropped[wire.what] += 1
            if wire.what == "voice":
                self.voice_dropped_ms.append(self._agenda.now_ms)
        self._arm()
        return let_in

    def _arm(self) -> None:
        # Slightly late: rounding between seconds and milliseconds could otherwise find nothing due.
        when_ms = self._link.next_event_s() * 1000 + 1e-6
        if when_ms < self._armed_ms:
            self._armed_ms = when_ms
            self._agenda.at(when_ms, self._fire)

    def _fire(self) -> None:
        if self._agenda.now_ms < self._armed_ms:
            return
        self._armed_ms = math.inf
        for wire in self._link.due(self._agenda.now_ms / 1000):
            self._deliver(wire)
        self._arm()


class Reliable:
    """Messages in order, each repeated until it arrives."""

    def __init__(
        self,
        agenda: Agenda,
        kind: str,
        there: Callable[[Wire], bool],
        back: Callable[[Wire], bool],
        deliver: Callable[[Any], None],
        rtt_ms: Callable[[], float],
    ) -> None:
        self._agenda = agenda
        self._kind = kind
        self._there, self._back, self._deliver, self._rtt_ms = there, back, deliver, rtt_ms
        self._sent = self._next = self._came = 0
        self._waiting: dict[int, Any] = {}
        self.unacknowledged: set[int] = set()

    def send(self, body: Any, size_bytes: int) -> None:
        number, self._sent = self._sent, self._sent + 1
        self.unacknowledged.add(number)
        self._attempt(number, body, size_bytes, RTO_MIN_MS)

    def _attempt(self, number: int, body: Any, size_bytes: int, wait_ms: float) -> None:
        if number not in self.unacknowledged:
            return
        self._there(Wire(self._kind, (number, body), size_bytes))
        wait_ms = max(wait_ms, RTO_ROUND_TRIPS * self._rtt_ms())
        self._agenda.after(
            wait_ms, lambda: self._attempt(number, body, size_bytes, min(2 * wait_ms, 10_000.0))
        )

    def arrived(self, numbered: tuple[int, Any]) -> None:
        number, body = numbered
        self.unacknowledged.discard(number)
        self._came += 1
        if self._came % ACK_EVERY == 0:
            self._back(Wire("ack", None, ACK_BYTES))
        if number < self._next:
            return
        self._waiting[number] = body
        while self._next in self._waiting:
            self._next += 1
            self._deliver(self._waiting.pop(self._next - 1))
