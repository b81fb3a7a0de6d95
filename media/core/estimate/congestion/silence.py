"""The verdict of silence: whether the peer sends feedback, and which estimate applies after a silence.

Owns: the states heard, silent and returning of one downlink. In the states silent and returning the estimate is
hidden: only the thinnest voice is sent. Must never change an estimate itself.

    heard      no feedback for a second and a round trip    -> silent
    silent     feedback comes                               -> returning
    returning  no feedback for a second and a round trip    -> silent
    returning  voice alone does not queue                   -> heard, the estimate as before or anew
"""

from __future__ import annotations

from enum import Enum, auto

# A page sends feedback four times a second. After this time without feedback, the link is full in one direction, or
# broken.
SILENCE_MS = 1_000.0
# A longer queue after a silence is more than one released burst.
RETURN_QUEUE_MS = 150.0
# After a silence of this length, the link may have changed.
RETURN_MS = 5_000.0
# Voice alone does not measure a link: start again with the rate of a voice for 2G, and let probe clusters measure
# more.
RETURN_BPS = 24_000.0
# The round-trip time before one is known: the longest of 2G.
UNKNOWN_RTT_MS = 1_500.0


class ReturnVerdict(Enum):
    """The verdict of the feedback after a silence."""

    WAIT = auto()
    """Not certain yet."""
    AS_BEFORE = auto()
    """The link carries as much as before."""
    ANEW = auto()
    """The silence was long or came with a queue: the estimate is at most `RETURN_BPS`."""


class Silence:
    """The state of one downlink's peer: heard, silent or returning."""

    def __init__(self) -> None:
        self.silent = False
        """The peer has sent no feedback for longer than usual."""
        self.returning = False
        """Feedback has arrived again, but has not confirmed the estimate yet."""
        self._queued = False
        self._since_ms = 0.0

    @property
    def hides_estimate(self) -> bool:
        """Whether the estimate must not be used now."""
        return self.silent or self.returning

    def on_unanswered(self, unanswered_ms: float, rtt_ms: float | None) -> None:
        """No feedback has arrived about sent packets for ``unanswered_ms`` (0: all packets have feedback)."""
        self.silent = unanswered_ms - (rtt_ms or UNKNOWN_RTT_MS) > SILENCE_MS

    def on_feedback(self, last_feedback_ms: float, queue_ms: float) -> None:
        """Feedback arrived again; the previous one, at ``last_feedback_ms``, showed a queue of ``queue_ms``."""
        if not self.returning:
            self._since_ms = last_feedback_ms
            self._queued = queue_ms > RETURN_QUEUE_MS
        self.silent, self.returning = False, True

    def verdict(self, now_ms: float, newest_queue_ms: float, tolerance_ms: float) -> ReturnVerdict:
        """The verdict of the newest packets that were sent after the silence."""
        if newest_queue_ms > RETURN_QUEUE_MS:
            self._queued = True
        elif newest_queue_ms < tolerance_ms:
            anew = self._queued or now_ms - self._since_ms > RETURN_MS
            self.returning = self._queued = False
            return ReturnVerdict.ANEW if anew else ReturnVerdict.AS_BEFORE
        return ReturnVerdict.WAIT
