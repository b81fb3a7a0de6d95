"""How much of a page's downlink RTCP may take: one bucket for all kinds of feedback.

Owns: the share (RFC 3550 section 6.2: 5 %), and the priority of each kind of feedback. Must never build or send a
packet, nor decide that one is needed: twccreceiver.py, nack.py, keyframes.py and reports.py do. Sizes are bytes on
the wire, times ms on the caller's monotonic clock.
"""

from __future__ import annotations

from enum import Enum, auto
from math import inf
from typing import NamedTuple

# RFC 3550 section 6.2. The RFC means the share of a session; here it is the share of one downlink.
SHARE = 0.05
# The bucket holds the share of one second: feedback comes in bursts (a loss, a keyframe, a report), which links
# bear.
BURST_MS = 1_000.0
# The bucket holds at least one report about voice and picture; otherwise the thinnest links could never send one.
MIN_BURST_BYTES = 200.0
# The debt is at most what the share repays in this time: a burst of losses must not stop feedback for a minute.
MAX_DEBT_MS = 2_000.0
# SRTCP index and tag 14 (RFC 3711 section 3.4), UDP 8, IPv4 20: once per datagram, not per packet.
DATAGRAM_OVERHEAD_BYTES = 42


class Feedback(Enum):
    """The kinds of feedback, by priority."""

    VOICE_NACK = auto()
    """NACK for voice: a voice packet that is not requested now is lost for good."""
    VIDEO_TWCC = auto()
    """Transport-wide feedback while the page sends pictures: its congestion control depends on it."""
    VIDEO_NACK = auto()
    """NACK for pictures: if a retransmission comes too late, a keyframe still repairs the picture."""
    KEYFRAME = auto()
    """PLI: the request for a keyframe."""
    VOICE_TWCC = auto()
    """Transport-wide feedback while only voice arrives: there is no rate to control."""
    REPORT = auto()
    """SR, RR and SDES."""


class Claim(NamedTuple):
    """When a kind of feedback may be sent.

    ``least``: the share of the bucket that must be full (-1: the debt may be a whole bucket). ``patience_ms``:
    after this wait it is sent in any case.
    """

    least: float
    patience_ms: float


CLAIMS = {
    Feedback.VOICE_NACK: Claim(-1.0, inf),
    # GCC works with feedback that is up to 400 ms old (twccreceiver.py).
    Feedback.VIDEO_TWCC: Claim(0.0, 400.0),
    # A late request brings the retransmission too late, so it is never sent beyond the budget.
    Feedback.VIDEO_NACK: Claim(0.0, inf),
    # Without a keyframe the picture stays frozen.
    Feedback.KEYFRAME: Claim(0.2, 500.0),
    # libwebrtc treats a path as dead after 3 s without feedback (RttBasedBackoff).
    Feedback.VOICE_TWCC: Claim(0.2, 2_500.0),
    # RFC 3550 section 6.2: 5 s. After five such intervals without a report a participant counts as gone.
    Feedback.REPORT: Claim(0.4, 5_000.0),
}


class FeedbackBudget:
    """The bucket of one leg. Set ``link_bps`` whenever the estimate of the downlink changes."""

    __slots__ = ("_bytes", "_filled_ms", "link_bps")

    def __init__(self, link_bps: float) -> None:
        self.link_bps = link_bps
        self._bytes = self.burst_bytes
        self._filled_ms: float | None = None

    @property
    def bytes_per_s(self) -> float:
        """How fast the bucket fills."""
        return SHARE * self.link_bps / 8

    @property
    def burst_bytes(self) -> float:
        """The size of the bucket."""
        return max(MIN_BURST_BYTES, self.bytes_per_s * BURST_MS / 1000)

    def allows(self, kind: Feedback, waited_ms: float, now_ms: float) -> bool:
        """Whether feedback of this kind may be sent now, after it has waited for `waited_ms`."""
        claim = CLAIMS[kind]
        if waited_ms >= claim.patience_ms:
            return True
        self._fill(now_ms)
        return self._bytes >= claim.least * self.burst_bytes

    def spend(self, size_bytes: float) -> None:
        """Feedback of this size has been sent."""
        most_debt_bytes = self.bytes_per_s * MAX_DEBT_MS / 1000 + MIN_BURST_BYTES
        self._bytes = max(self._bytes - size_bytes, -most_debt_bytes)

    def _fill(self, now_ms: float) -> None:
        if self._filled_ms is not None:
            self._bytes += self.bytes_per_s * max(0.0, now_ms - self._filled_ms) / 1000
        self._bytes = min(self._bytes, self.burst_bytes)
        self._filled_ms = now_ms
