"""The rate of an uplink, measured with probe clusters: messages that a page sends on a data channel.

Owns: the form of a cluster's messages, and the rate that follows from their arrival times. On a warm leg a cluster
has three messages of 600 bytes, in a call two small ones. Must never read a clock. A message is one datagram: kind
0x70, cluster u8, index u8, then padding. Probe messages have their own channel (id 1, unordered, without
retransmission): on an ordered channel the messages after a lost one would arrive together. If the newest cluster
measures a far higher rate than those before it, the relay requests another cluster: a message of one byte, 0x72.
"""

from __future__ import annotations

from collections import deque
from statistics import median

PROBE_KIND = 0x70
MESSAGE_MAX_BYTES = 1_000
# The headers of a message: IPv4 20, UDP 8, DTLS 37, SCTP 28.
OVERHEAD_BYTES = 93
CLUSTERS = 3
# Smaller gaps between messages come from the event loop, not from the link.
MIN_GAP_MS = 2.0
# A larger gap comes from a retransmission or a suspended page.
MAX_GAP_MS = 1_500.0
MAX_BPS = 2_000_000.0

AGAIN = b"\x72"
# At this many times the median, the link has become wider, or the radio has sent two packets together.
WIDER = 2.0
# Two more clusters show which of the two it is; they arrive a round trip apart. On links that bunch packets they
# cost 0.5 kbit/s.
REQUESTS_MAX = 2
REQUEST_SPACING_MS = 700.0
REQUESTS_WITHIN_MS = 10_000.0


class UplinkProbe:
    """The probe clusters of one leg. Pass every message of the probe channel to `arrived`."""

    def __init__(self) -> None:
        self._cluster: int | None = None
        self._first_ms = 0.0
        self._last: tuple[int, float] = (0, 0.0)
        self._bytes = 0
        self._rates: deque[float] = deque(maxlen=CLUSTERS)
        self._requested_ms: deque[float] = deque(maxlen=REQUESTS_MAX)

    @property
    def bps(self) -> float | None:
        """The median rate of the last clusters, in bit/s; None before the first cluster."""
        return median(self._rates) if self._rates else None

    def arrived(self, data: bytes, now_ms: float) -> bool:
        """Take in one message; returns False if it is not a probe."""
        if len(data) < 3 or data[0] != PROBE_KIND or len(data) > MESSAGE_MAX_BYTES:
            return False
        cluster, index = data[1], data[2]
        if cluster != self._cluster:
            self._cluster, self._first_ms, self._bytes = cluster, now_ms, 0
            self._last = (index, now_ms)
            return True
        last_index, last_ms = self._last
        if index != last_index + 1 or now_ms - last_ms > MAX_GAP_MS:
            return True
        self._last = (index, now_ms)
        if self._bytes:
            self._rates.pop()  # replace the rate of the same cluster, measured with fewer messages
        self._bytes += len(data) + OVERHEAD_BYTES
        span_ms = max(now_ms - self._first_ms, MIN_GAP_MS)
        self._rates.append(min(MAX_BPS, self._bytes * 8_000 / span_ms))
        return True

    def asks_again(self, now_ms: float) -> bool:
        """Whether to request another cluster now; True counts as requested."""
        requested_ms = self._requested_ms
        if len(self._rates) < CLUSTERS or self._rates[-1] < WIDER * median(self._rates):
            return False
        if requested_ms and now_ms - requested_ms[-1] < REQUEST_SPACING_MS:
            return False
        if len(requested_ms) == REQUESTS_MAX and now_ms - requested_ms[0] < REQUESTS_WITHIN_MS:
            return False
        requested_ms.append(now_ms)
        return True
