"""Transport-wide congestion feedback, both ends of it.

Owns: `TwccReceiver`, which notes the arrival of each numbered packet and writes feedback, and `TwccSender`,
which numbers packets and turns the peer's feedback into one result a packet. Standard:
draft-holmer-rmcat-transport-wide-cc-extensions-01. Must never estimate a rate: congestion/ does. All times
of one object are on one monotonic clock of the caller (``now_ms`` = ``now_us`` / 1000).
"""

from __future__ import annotations

from typing import NamedTuple

from media.core.rtp.rtcp import DELTA_TICK_US, REFERENCE_MODULUS_US, TransportFeedback

# Feedback leaves when what came in pays for it: 5 % of the stream, the share RFC 3550 section 6.2 gives to
# RTCP.
FEEDBACK_SHARE = 0.05
# What one feedback costs on the wire: IPv4 + UDP 28, SRTCP index and tag 14, RTCP 20, chunks and
# differences about 12.
FEEDBACK_WIRE_BYTES = 74
# GCC in browsers wants 50 to 250 ms; under 100 ms a relay would spend more CPU than the news is worth.
MIN_INTERVAL_MS = 100.0
# A thin voice stream cannot pay for more; GCC still works with news that is 400 ms old.
MAX_INTERVAL_MS = 400.0
# While only voice comes there is no rate to steer: a browser's estimate stands still, and must only not take
# the path for dead, which libwebrtc does after 3 s without news.
VOICE_MIN_INTERVAL_MS = 1_000.0
VOICE_MAX_INTERVAL_MS = 2_500.0
# Size assumed when the caller names none: 60 ms of Opus at 16 kbit/s with all its headers.
TYPICAL_PACKET_BYTES = 190

# Together they keep a feedback under 1,100 bytes: 300 two-byte differences and 1,500 / 7 two-byte chunks.
MAX_RECEIVED_PER_FEEDBACK = 300
MAX_STATUSES_PER_FEEDBACK = 1500
# Beyond this jump the old numbers say nothing any more (a minute of black-out at 17 packets/s).
MAX_GAP = 1000
# How long an arrival stays known, so that a late neighbour can be told together with it.
HISTORY_US = 500_000
# A neighbour further away than this would not fit a signed 16-bit count of 250 µs.
MAX_DELTA_US = 0x7FFF * DELTA_TICK_US

# 2,048 packets are 4 s at 4.5 Mbit/s and minutes of thin voice; a power of two, to mask instead of divide.
SENT_HISTORY = 2048

# A longer run is a black-out, which nobody should take for a good link.
MAX_CONCEALED_RUN = 3

_PENDING, _LOST, _RECEIVED = 0, 1, 2


class TwccReceiver:
    """Notes transport-wide numbers as they arrive and writes the feedback about them."""

    def __init__(self) -> None:
        self.conceals_loss = False
        """Do not tell of short losses: for a way up that loses at random without a queue, where a browser's
        congestion control would starve (it takes loss beyond 10 % for congestion, and halves again and
        again).

        While pictures flow, nothing at all is told of what is missing. Told as arrivals, which is shorter,
        libwebrtc would take them out of its history (RtpPacketHistory::CullAcknowledgedPackets) and could not
        send
        them again."""
        self.picture_flows = True
        """Whether the page sends video, so that its congestion control has something to steer."""
        self.rests = False
        """Whether nothing is told at all, for no picture ever goes this way. From feedback about a voice alone
        libwebrtc makes an estimate under what the voice takes, and then tests the link with padding for
        seconds
        (ProbeController, after a large drop): on 18 kbit/s that drowned one word in thirty."""
        self._arrivals: dict[int, int] = {}  # unwrapped number -> µs
        self._highest: int | None = None
        self._start = 0  # first number the next feedback is about
        self._fresh = 0  # packets not told yet
        self._fresh_bytes = 0
        self._fresh_since_ms = 0.0
        self._last_feedback_ms = -VOICE_MAX_INTERVAL_MS
        self._feedback_count = 0

    def received(self, sequence: int, arrival_us: int, size_bytes: int = TYPICAL_PACKET_BYTES) -> None:
        """A packet with the 16-bit number ``sequence`` arrived; ``size_bytes`` is its size on the wire."""
        number = self._unwrap(sequence)
        if self.rests:
            self._arrivals.clear()
            self._fresh = self._fresh_bytes = 0
            self._start = max(self._start, number + 1)
            return
        if number in self._arrivals:
            return
        self._arrivals[number] = arrival_us
        self._start = min(self._start, number)
        if not self._fresh:
            self._fresh_since_ms = arrival_us / 1000
        self._fresh += 1
        self._fresh_bytes += size_bytes

    def due(self, now_ms: float, *, along: bool = False) -> bool:
        """Whether feedback should leave now: it tells something new, and is paid for or has waited enough.

        ``along``: a datagram leaves anyway, and headers are most of what a feedback costs.
        """
        if not self._fresh or self.rests:
            return False
        least_ms = MIN_INTERVAL_MS if self.picture_flows or along else VOICE_MIN_INTERVAL_MS
        if now_ms - self._last_feedback_ms < least_ms:
            return False
        paid = self._fresh_bytes * FEEDBACK_SHARE >= FEEDBACK_WIRE_BYTES
        full = self._fresh >= MAX_RECEIVED_PER_FEEDBACK
        most_ms = MAX_INTERVAL_MS if self.picture_flows else VOICE_MAX_INTERVAL_MS
        return along or paid or full or self.waited_ms(now_ms) >= most_ms

    def waited_ms(self, now_ms: float) -> float:
        """For how long the oldest arrival that was not told yet has waited; 0 when all are told."""
        return now_ms - self._fresh_since_ms if self._fresh else 0.0

    def build(self, sender_ssrc: int, media_ssrc: int, now_ms: float | None = None) -> list[bytes]:
        """RTCP packets about everything new, each under 1,100 bytes; none when nothing is new.

        Without ``now_ms`` the newest arrival counts as now.
        """
        if not self._fresh or self._highest is None:
            return []
        feedbacks = []
        for base, packets in self._groups(self._start, self._highest):
            feedback = TransportFeedback(
                sender_ssrc, media_ssrc, base & 0xFFFF, self._feedback_count & 0xFF, packets
            )
            feedbacks.append(feedback.encode())
            self._feedback_count += 1
        newest_us = max(self._arrivals.values())
        self._last_feedback_ms = newest_us / 1000 if now_ms is None else now_ms
        self._start = self._highest + 1
        self._fresh = self._fresh_bytes = 0
        self._forget(newest_us - HISTORY_US)
        return feedbacks

    def _unwrap(self, sequence: int) -> int:
        if self._highest is None:
            self._highest = self._start = sequence
            return sequence
        step = ((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000
        if abs(step) > MAX_GAP:  # a black-out, or a peer that began anew
            self._arrivals.clear()
            self._fresh = self._fresh_bytes = 0
            self._highest = self._start = sequence
            return sequence
        number = self._highest + step
        self._highest = max(self._highest, number)
        return number

    def _groups(self, first: int, last: int) -> list[tuple[int, list[tuple[int, int | None]]]]:
        """The numbers from ``first`` to ``last``, cut where one feedback could not hold the next."""
        groups: list[tuple[int, list[tuple[int, int | None]]]] = []
        packets: list[tuple[int, int | None]] = []
        received, previous, concealed = 0, None, 0
        for number in range(first, last + 1):
            arrival = self._arrivals.get(number)
            if arrival is not None:
                concealed = 0
            elif self.conceals_loss and concealed < MAX_CONCEALED_RUN:
                concealed += 1
                if self.picture_flows:
                    packets, received, previous = [], 0, None
                    continue
                arrival = previous
            far = (
                arrival is not None
                and previous is not None
                and not -MAX_DELTA_US < arrival - previous < MAX_DELTA_US
            )
            if far or received >= MAX_RECEIVED_PER_FEEDBACK or len(packets) >= MAX_STATUSES_PER_FEEDBACK:
                packets, received, previous = [], 0, None
            if not packets:
                groups.append((number, packets))
            packets.append((number & 0xFFFF, arrival))
            if arrival is not None:
                received += 1
                previous = arrival
        return groups

    def _forget(self, before_us: int) -> None:
        # In order of arrival, so the old ones stand in front.
        old: list[int] = []
        for number, arrival_us in self._arrivals.items():
            if arrival_us >= before_us:
                break
            old.append(number)
        for number in old:
            del self._arrivals[number]


class PacketResult(NamedTuple):
    """What became of one packet. ``sent_us`` is our clock, ``arrived_us`` the peer's (None: lost so far)."""

    sequence: int
    sent_us: int
    arrived_us: int | None
    size_bytes: int
    probe: bool


class TwccSender:
    """Numbers outgoing packets and matches the peer's feedback with them."""

    def __init__(self, first_sequence: int = 0) -> None:
        self._next = first_sequence
        self._first = first_sequence
        self._sent_us = [0] * SENT_HISTORY
        self._size_bytes = [0] * SENT_HISTORY
        self._probe = [False] * SENT_HISTORY
        self._state = bytearray(SENT_HISTORY)
        self._clock_us: int | None = None  # the newest arrival, unwrapped
        self._untold = first_sequence  # the first number after all that feedback was about
        self.rtt_ms: float | None = None
        """Of the newest packet in the last feedback: round trip plus the peer's wait before it told us."""

    def next(self, now_us: int, size_bytes: int, *, probe: bool = False) -> int:
        """The 16-bit number for a packet that leaves now with this size on the wire."""
        number = self._next
        slot = number % SENT_HISTORY
        self._sent_us[slot] = now_us
        self._size_bytes[slot] = size_bytes
        self._probe[slot] = probe
        self._state[slot] = _PENDING
        self._next = number + 1
        return number & 0xFFFF

    def unanswered_us(self, now_us: int) -> int:
        """How long ago the first packet left after all that feedback was about; 0 when it was about all."""
        return now_us - self._sent_us[self._untold % SENT_HISTORY] if self._untold < self._next else 0

    def on_feedback(self, feedback: TransportFeedback, now_us: int) -> list[PacketResult]:
        """News about packets still in the history: each at most once as lost and once as received."""
        shift_us = self._clock_shift(feedback)
        last = self._next - 1
        oldest = max(self._first, last - SENT_HISTORY + 1)
        states, sent = self._state, self._sent_us
        results: list[PacketResult] = []
        newest_us = -1
        for sequence, arrival in feedback.packets:
            number = last - ((last - sequence) & 0xFFFF)
            if number < oldest:
                continue  # never sent, or not remembered any more
            if number >= self._untold:
                self._untold = number + 1
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
        """What to add to the arrivals of this feedback so that the 24-bit reference time never wraps."""
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
