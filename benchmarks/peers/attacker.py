"""A leg that has signed in and then floods: "voice" packets far larger and far more than anybody negotiated.

Owns: the pace of the flood and its count. Its packets carry no stamp, so no tally sees them.
"""

from __future__ import annotations

import time

from benchmarks.peers.synthetic import SyntheticLeg

# 44 Mbit/s: what one page on a city's link can send.
PACKETS_PER_S = 5_000.0
PACKET_BYTES = 1_100
# Time of voice that one packet claims to hold; at its true spacing it would be no Opus.
CLAIMED_S = 0.02
# More at once would measure the sender's socket buffer.
STEP_MAX_PACKETS = 64


class Attacker:
    """One leg that floods; `drive` it like a participant."""

    def __init__(self, leg: SyntheticLeg, packets_per_s: float = PACKETS_PER_S) -> None:
        self.sent = 0
        self.close = leg.close
        self._leg = leg
        self._interval_s = 1 / packets_per_s
        self._payload = bytes(PACKET_BYTES)
        self._next_s = time.monotonic()

    def step(self, now_s: float) -> None:
        """Send what is due; what is more than a step's worth is left out."""
        due = int((now_s - self._next_s) / self._interval_s)
        self._next_s += due * self._interval_s
        for _ in range(min(due, STEP_MAX_PACKETS)):
            self._leg.send_audio(self._payload, seconds=CLAIMED_S)
            self.sent += 1
