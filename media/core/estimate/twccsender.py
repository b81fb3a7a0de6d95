"""The sender's end of transport-wide congestion feedback: the result of each packet.

Owns: `TwccSender`, which numbers packets and turns the peer's feedback into one result for each packet. Standard:
draft-holmer-rmcat-transport-wide-cc-extensions-01. Must never estimate a rate: congestion/ does. All times of one
object are on one monotonic clock of the caller (``now_ms`` = ``now_us`` / 1000).
"""

from __future__ import annotations

from typing import NamedTuple

from media.core.rtp.rtcp import REFERENCE_MODULUS_US, TransportFeedback

# 2,048 packets are 4 s at 4.5 Mbit/s and minutes of thin voice; a power of two, so that a mask gives the index.
SENT_HISTORY = 2048

_PENDING, _LOST, _RECEIVED = 0, 1, 2


class PacketResult(NamedTuple):
    """The result of one packet. ``sent_us``: our clock; ``arrived_us``: the peer's clock (None: lost so far)."""

    sequence: int
    sent_us: int
    arrived_us: int | None
    size_bytes: int
    probe: bool


class TwccSender:
    """Numbers outgoing packets, and matches the peer's feedback with them."""

    def __init__(self, first_sequence: int = 0) -> None:
        self._next = first_sequence
        self._first = first_sequence
        self._sent_us = [0] * SENT_HISTORY
        self._size_bytes = [0] * SENT_HISTORY
        self._probe = [False] * SENT_HISTORY
        self._state = bytearray(SENT_HISTORY)
        self._clock_us: int | None = None  # the newest arrival, unwrapped
        self._unreported = first_sequence  # the first number after all that feedback covers
        self.rtt_ms: float | None = None
        """The round-trip time of the newest packet in the last feedback, including the peer's own delay."""

    def next(self, now_us: int, size_bytes: int, *, probe: bool = False) -> int:
        """The 16-bit number for a packet that is sent now with this size on the wire."""
        number = self._next
        slot = number % SENT_HISTORY
        self._sent_us[slot] = now_us
        self._size_bytes[slot] = size_bytes
        self._probe[slot] = probe
        self._state[slot] = _PENDING
        self._next = number + 1
        return number & 0xFFFF

    def unanswered_us(self, now_us: int) -> int:
        """The time since the first packet without feedback was sent; 0 if all packets have feedback."""
        return now_us - self._sent_us[self._unreported % SENT_HISTORY] if self._unreported < self._next else 0

    def on_feedback(self, feedback: TransportFeedback, now_us: int) -> list[PacketResult]:
        """The new results of packets in the history: each packet at most once as lost and once as received."""
        shift_us = self._clock_shift(feedback)
        last = self._next - 1
        oldest = max(self._first, last - SENT_HISTORY + 1)
        states, sent = self._state, self._sent_us
        results: list[PacketResult] = []
        newest_us = -1
        for sequence, arrival in feedback.packets:
            number = last - ((last - sequence) & 0xFFFF)
            if number < oldest:
                continue  # never sent, or no longer in the history
            if number >= self._unreported:
                self._unreported = number + 1
            slot = number % SENT_HISTORY
            state = _LOST if arrival is None else _RECEIVED
            if states[slot] >= state:
                continue
            states[slot] = state
            sent_us, arrived_us = sent[slot], None
            if arrival is not None:
                arrived_us = arrival + shift_us
                newest_us = max(newest_us, sent_us)
            results.append(
                PacketResult(sequence, sent_us, arrived_us, self._size_bytes[slot], self._probe[slot])
            )
        if newest_us >= 0:
            self.rtt_ms = (now_us - newest_us) / 1000
        return results

    def _clock_shift(self, feedback: TransportFeedback) -> int:
        """The offset for the arrivals of this feedback that undoes wraps of the 24-bit reference time."""
        newest = max([arrival for _, arrival in feedback.packets if arrival is not None], default=None)
        if newest is None:
            return 0
        if self._clock_us is None:
            self._clock_us = newest
            return 0
        half = REFERENCE_MODULUS_US // 2
        step = (newest - self._clock_us + half) % REFERENCE_MODULUS_US - half
        shift = self._clock_us + step - newest
        self._clock_us = max(self._clock_us, newest + shift)
        return shift
