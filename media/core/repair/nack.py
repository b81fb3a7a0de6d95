"""When to ask for lost packets (generic NACK, RFC 4585 section 6.2.1).

Owns: which numbers of an incoming stream are missing, and when to request each of them. Must never build or send a
packet. The list of holes is bounded: on a thin link an unbounded list costs more than it repairs.
"""

from __future__ import annotations

from collections.abc import Iterator

from media.core.rtp import RestartDetector, seq_delta

# With more holes than this, a keyframe costs less than the repair. libwebrtc's limit is 1,000, for links that are a
# hundred times wider.
MAX_MISSING = 200
# A hole is requested only after this time, because a reordered packet may still fill it: one burst of a pacer.
REORDER_GRACE_MS = 15.0
# After this many packets in order, a missing packet counts as lost, not as reordered: no grace. In the worst case,
# when one packet in fifty is late, one packet in 135 is retransmitted for nothing.
IN_ORDER_PACKETS = 50
# The grace is dropped only if grace and tick together exceed the round trip. On longer paths this gains nothing: in
# tests/sim at 200 ms and 10 % loss, pages used 1.7 % less of their uplink and 0.8 % more of their downlink.
NEAR_RTT_MS = 50.0
# A request is repeated after a round trip and a quarter, because the answer queues behind other packets.
REPEAT_RTT_FACTOR = 1.25
# It is never repeated sooner than this: otherwise one burst of loss on a fast link becomes a burst of requests.
MIN_REPEAT_MS = 40.0
# At 5 % loss, eight tries leave fewer than one hole in 10^10.
MAX_TRIES = 8
# No jitter buffer waits longer for a video frame. At a round-trip time of 1,300 ms this is three tries.
MAX_AGE_MS = 4_000.0
# A retransmitted voice packet must arrive before it is played. A browser's jitter buffer holds 100 to 200 ms of a
# thin voice, and grows by a round trip for retransmissions. With a longer round trip than this, the delay hurts a
# conversation more than the gap.
VOICE_MAX_RTT_MS = 400.0
VOICE_MAX_AGE_MS = 600.0
# Packets this far behind the newest are ignored: they cannot be told from duplicates.
WINDOW_PACKETS = 1_024
# RFC 3550 appendix A.1: a larger jump ahead is a restarted source.
MAX_DROPOUT_PACKETS = 3_000


class _Hole:
    """A missing packet: since when it is missing, when it was last requested, how often."""

    __slots__ = ("asked_ms", "since_ms", "tries")

    def __init__(self, since_ms: float) -> None:
        self.since_ms = since_ms
        self.asked_ms = 0.0
        self.tries = 0


class NackGenerator:
    """The missing numbers of one incoming SSRC."""

    __slots__ = (
        "_highest",
        "_max_age_ms",
        "_missing",
        "_overflow_age",
        "_reordered",
        "_restart",
        "_seen",
        "_trusts_order",
        "abandoned",
        "opened_ms",
    )

    def __init__(self, *, max_age_ms: float = MAX_AGE_MS, trusts_order: bool = False) -> None:
        """``max_age_ms``: how long a late packet is of use.

        ``trusts_order``: no grace while packets arrive in order.
        """
        self._max_age_ms = max_age_ms
        self._trusts_order = trusts_order
        self._highest = -1
        # Unwrapped number -> hole, in ascending order of numbers.
        self._missing: dict[int, _Hole] = {}
        # A ring of the unwrapped numbers that arrived last: it distinguishes duplicates from late packets.
        self._seen = [-1] * WINDOW_PACKETS
        self._restart = RestartDetector()
        self._overflow_age = 2
        # The highest number when a reordered packet last arrived: late, and not retransmitted.
        self._reordered = -1
        self.opened_ms: float | None = None
        """When the newest hole was found; None before the first."""
        self.abandoned = 0
        """How many holes were given up."""

    @property
    def overflowed(self) -> bool:
        """Whether the list became too long and was given up: ask for a keyframe. True until the second `due`."""
        return self._overflow_age < 2

    @property
    def lacks(self) -> bool:
        """Whether packets are missing, or so many were that the list was given up."""
        return bool(self._missing) or self._overflow_age < 2

    def holes(self) -> Iterator[tuple[int, float]]:
        """The open holes: unwrapped number, and since when it is missing (ms), both in ascending order."""
        return ((number, hole.since_ms) for number, hole in self._missing.items())

    def forget_before(self, number: int) -> None:
        """Give up all holes before this unwrapped number: a keyframe begins with it."""
        for hole in [missing for missing in self._missing if missing < number]:
            del self._missing[hole]
            self.abandoned += 1

    def unwrapped(self, sequence_number: int) -> int:
        """The unwrapped number of a packet that was just received."""
        return self._highest + seq_delta(sequence_number, self._highest)

    def received(self, sequence_number: int, now_ms: float, *, repeat: bool = False) -> bool:
        """Note an arrival. Returns True for a new packet, False for a duplicate or one that is too old.

        ``repeat``: the packet is a retransmission, so it shows no reordering.
        """
        highest = self._highest
        if highest < 0:
            self._begin(sequence_number)
            return True
        delta = ((sequence_number - highest + 0x8000) & 0xFFFF) - 0x8000
        number = highest + delta
        if delta == 1:
            self._highest = number
            self._seen[number % WINDOW_PACKETS] = number
            return True
        if -WINDOW_PACKETS < delta <= 0:
            return self._late(number, repeat)
        if 0 < delta < MAX_DROPOUT_PACKETS:
            self._open_holes(number, now_ms)
            self._highest = number
            self._seen[number % WINDOW_PACKETS] = number
            return True
        if self._restart.confirms(sequence_number):
            self._give_up()
            self._begin(sequence_number)
            return True
        return False

    def due(self, now_ms: float, rtt_ms: float) -> list[int]:
        """The 16-bit numbers to request now, in order. Gives up holes after `max_age_ms` or `MAX_TRIES` tries."""
        self._overflow_age = min(self._overflow_age + 1, 2)
        if not self._missing:
            return []
        repeat_ms = max(rtt_ms * REPEAT_RTT_FACTOR, MIN_REPEAT_MS)
        in_order = self._trusts_order and self._highest - self._reordered >= IN_ORDER_PACKETS
        at_once = in_order and rtt_ms <= NEAR_RTT_MS
        asked: list[int] = []
        hopeless: list[int] = []
        for number, hole in self._missing.items():
            if hole.tries == 0:
                if not at_once and now_ms - hole.since_ms < REORDER_GRACE_MS:
                    continue
            elif now_ms - hole.since_ms > self._max_age_ms:
                hopeless.append(number)
                continue
            elif now_ms - hole.asked_ms < repeat_ms:
                continue
            elif hole.tries >= MAX_TRIES:
                hopeless.append(number)
                continue
            hole.tries += 1
            hole.asked_ms = now_ms
            asked.append(number & 0xFFFF)
        for number in hopeless:
            del self._missing[number]
        self.abandoned += len(hopeless)
        return asked

    def _begin(self, sequence_number: int) -> None:
        # Add one cycle of the 16-bit numbers, so that late packets from just before the first stay positive.
        self._highest = self._reordered = sequence_number + 0x10000
        self._seen = [-1] * WINDOW_PACKETS
        self._seen[self._highest % WINDOW_PACKETS] = self._highest

    def _late(self, number: int, repeat: bool) -> bool:
        place = number % WINDOW_PACKETS
        if self._seen[place] == number:
            return False
        self._seen[place] = number
        self._missing.pop(number, None)
        if not repeat:
            self._reordered = self._highest
        return True

    def _open_holes(self, number: int, now_ms: float) -> None:
        """Every number between the highest and `number` is missing; if that is too many, give all holes up."""
        gap = number - self._highest - 1
        if len(self._missing) + gap > MAX_MISSING:
            self.abandoned += gap
            self._give_up()
            return
        self.opened_ms = now_ms
        for lost in range(self._highest + 1, number):
            self._missing[lost] = _Hole(now_ms)

    def _give_up(self) -> None:
        self.abandoned += len(self._missing)
        self._missing.clear()
        self._overflow_age = 0
