"""The receiver's end of transport-wide congestion feedback: the arrivals, and when feedback about them is due.

Owns: `TwccReceiver`, which notes the arrival of each numbered packet and writes feedback about it. Standard:
draft-holmer-rmcat-transport-wide-cc-extensions-01. Must never estimate a rate: the page's congestion control does.
All times of one object are on one monotonic clock of the caller (``now_ms`` = ``now_us`` / 1000).
"""

from __future__ import annotations

from media.core.rtp.rtcp import DELTA_TICK_US, TransportFeedback

# Feedback takes at most this share of the incoming rate: the 5 % that RFC 3550 section 6.2 gives to RTCP.
FEEDBACK_SHARE = 0.05
# The size of one feedback on the wire: IPv4 + UDP 28, SRTCP index and tag 14, RTCP 20, chunks and differences about
# 12.
FEEDBACK_WIRE_BYTES = 74
# GCC in browsers needs feedback every 50 to 250 ms; below 100 ms it costs the relay too much processor time.
MIN_INTERVAL_MS = 100.0
# The share above allows no more for a thin voice stream; GCC still works with feedback that is 400 ms old.
MAX_INTERVAL_MS = 400.0
# While only voice arrives, there is no rate to steer, and the browser's estimate does not change. Feedback must
# only keep libwebrtc from considering the path dead, which it does after 3 s.
VOICE_MIN_INTERVAL_MS = 1_000.0
VOICE_MAX_INTERVAL_MS = 2_500.0
# The default size of a packet: 60 ms of Opus at 16 kbit/s with all headers.
TYPICAL_PACKET_BYTES = 190

# Both limits keep a feedback under 1,100 bytes: 300 two-byte differences and 1,500 / 7 two-byte chunks.
MAX_RECEIVED_PER_FEEDBACK = 300
MAX_STATUSES_PER_FEEDBACK = 1500
# After a larger jump, the old numbers are forgotten (a black-out of a minute at 17 packets/s).
MAX_GAP = 1000
# How long an arrival is remembered, so that a packet that arrives late can be reported together with its
# neighbours.
HISTORY_US = 500_000
# A longer time between two arrivals does not fit a signed 16-bit count of 250 µs.
MAX_DELTA_US = 0x7FFF * DELTA_TICK_US

# The longest concealed run of losses: a longer one is a black-out, which must be reported.
MAX_CONCEALED_RUN = 3


class TwccReceiver:
    """Notes the arrival of transport-wide numbers, and writes feedback about them."""

    def __init__(self) -> None:
        self.conceals_loss = False
        """Whether short losses are concealed, for an uplink with random loss and no queue.

        A browser's congestion control takes loss above 10 % for congestion and halves its rate each time, so that
        nothing would be left for the picture. While pictures flow, missing packets are left out of the feedback.
        They are not reported as arrivals, which would be shorter: libwebrtc would drop them from its history
        (RtpPacketHistory::CullAcknowledgedPackets) and could not send them again.
        """
        self.picture_flows = True
        """Whether the page sends video, whose rate its congestion control steers."""
        self.rests = False
        """Whether no feedback is sent at all, because no picture is ever sent in this direction.

        From feedback about voice alone, libwebrtc makes an estimate below the voice's own rate, and then probes the
        link with padding for seconds (ProbeController, after a large drop): on 18 kbit/s this lost one voice
        packet in thirty.
        """
        self._arrivals: dict[int, int] = {}  # unwrapped number -> µs
        self._highest: int | None = None
        self._start = 0  # first number of the next feedback
        self._fresh = 0  # packets not yet reported
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
        """Whether feedback is due: there are new arrivals, and its rate allows it or it has waited long enough.

        ``along``: a datagram leaves anyway, which saves the headers, most of the size of a feedback.
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
        """How long the oldest unreported arrival has waited, in ms; 0 if all are reported."""
        return now_ms - self._fresh_since_ms if self._fresh else 0.0

    def build(self, sender_ssrc: int, media_ssrc: int, now_ms: float | None = None) -> list[bytes]:
        """RTCP packets about all new arrivals, each under 1,100 bytes; none without new arrivals.

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
        if abs(step) > MAX_GAP:  # a black-out, or a peer that restarted
            self._arrivals.clear()
            self._fresh = self._fresh_bytes = 0
            self._highest = self._start = sequence
            return sequence
        number = self._highest + step
        self._highest = max(self._highest, number)
        return number

    def _groups(self, first: int, last: int) -> list[tuple[int, list[tuple[int, int | None]]]]:
        """The numbers from ``first`` to ``last``, split into groups that each fit into one feedback."""
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
        # The dictionary is in order of arrival, so the oldest arrivals come first.
        old: list[int] = []
        for number, arrival_us in self._arrivals.items():
            if arrival_us >= before_us:
                break
            old.append(number)
        for number in old:
            del self._arrivals[number]
