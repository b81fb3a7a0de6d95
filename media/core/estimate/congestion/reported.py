"""Round-trip time and loss of one downlink, from report blocks and feedback.

Owns: the smoothed values of report blocks (RFC 3550 section 6.4.1), and a round-trip time from feedback until the
first report block. Must never judge them.
"""

from __future__ import annotations

RTT_SMOOTHING = 0.25
LOSS_SMOOTHING = 0.5
# Feedback includes the peer's own wait, so the minimum counts. The minimum rises by this factor with each
# feedback, to follow a path that has become longer.
FEEDBACK_RTT_RISE = 1.01


class Reported:
    """The peer's reports about one downlink."""

    def __init__(self) -> None:
        self.rtt_ms: float | None = None
        """Smoothed; None before the first report block or feedback."""
        self.loss_ratio: float | None = None
        """Share of packets lost (0 to 1), smoothed; None before the first report block."""
        self._rtt_in_block = False

    def on_report_block(self, loss_ratio: float | None, rtt_ms: float | None) -> None:
        """A report block: loss since the last one (0 to 1) and round-trip time, each if known."""
        if rtt_ms is not None:
            known_ms = self.rtt_ms if self._rtt_in_block and self.rtt_ms is not None else rtt_ms
            self.rtt_ms = known_ms + RTT_SMOOTHING * (rtt_ms - known_ms)
            self._rtt_in_block = True
        if loss_ratio is not None:
            old = loss_ratio if self.loss_ratio is None else self.loss_ratio
            self.loss_ratio = old + LOSS_SMOOTHING * (loss_ratio - old)

    def on_feedback(self, after_ms: float) -> None:
        """Feedback arrived ``after_ms`` after the sending of the newest packet in it."""
        if self._rtt_in_block:
            return
        self.rtt_ms = after_ms if self.rtt_ms is None else min(self.rtt_ms * FEEDBACK_RTT_RISE, after_ms)
