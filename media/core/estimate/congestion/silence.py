"""The verdict of silence: whether the peer still sends feedback, and what holds when feedback returns.

Owns: the states heard, silent and returning of one downlink. While a downlink is silent or returning its
estimate is hidden: only the thinnest voice is sent. Must never change an estimate itself.

    heard      no feedback for a second and a round trip    -> silent
    silent     feedback comes                               -> returning
    returning  no feedback for a second and a round trip    -> silent
    returning  voice alone does not queue                   -> heard, the estimate as before or anew
"""

from __future__ import annotations

from enum import Enum, auto

# A page sends feedback four times a second. Silence for longer than this means that the link is full in one
# direction, or gone.
SILENCE_MS = 1_000.0
# A queue of so much after a silence is more than a burst that was let go.
RETURN_QUEUE_MS = 150.0
# After a silence of so long the link may be another.
RETURN_MS = 5_000.0
# Voice alone proves nothing about a link: begin anew with a voice for 2G, and let probe clusters measure the
# rest.
RETURN_BPS = 24_000.0
# A round trip before one is known: the longest of 2G.
UNKNOWN_RTT_MS = 1_500.0


class ReturnVerdict(Enum):
    """What feedback after a silence says."""

    WAIT = auto()
    """Nothing certain yet."""
    AS_BEFORE = auto()
    """The link carries what it carried."""
    ANEW = auto()
    """The silence was long or involved a queue: believe in `RETURN_BPS` at most."""


class Silence:
    """Whether one downlink's peer is silent, or has only just returned."""

    def __init__(self) -> None:
        self.silent = False
        """The peer has sent no feedback for longer than it should."""
        self.returning = False
        """Feedback has come again, and the estimate has not been confirmed since."""
        self._queued = False
        self._since_ms = 0.0

    @property
    def hides_estimate(self) -> bool:
        """Whether the estimate may not be used now."""
        return self.silent or self.returning

    def on_unanswered(self, unanswered_ms: float, rtt_ms: float | None) -> None:
        """For so long no feedback has come about what was sent (0: there is feedback about all of it)."""
        self.silent = unanswered_ms - (rtt_ms or UNKNOWN_RTT_MS) > SILENCE_MS

    def on_feedback(self, last_feedback_ms: float, queue_ms: float) -> None:
        """Feedback came again; the last came at ``last_feedback_ms`` and saw a queue of ``queue_ms``."""
        if not self.returning:
            self._since_ms = last_feedback_ms
            self._queued = queue_ms > RETURN_QUEUE_MS
        self.silent, self.returning = False, True

    def verdict(self, now_ms: float, newest_queue_ms: float, tolerance_ms: float) -> ReturnVerdict:
        """What the newest packets say that left after the silence."""
        if newest_queue_ms > RETURN_QUEUE_MS:
            self._queued = True
        elif newest_queue_ms < tolerance_ms:
            anew = self._queued or now_ms - self._since_ms > RETURN_MS
            self.returning = self._queued = False
            return ReturnVerdict.ANEW if anew else ReturnVerdict.AS_BEFORE
        return ReturnVerdict.WAIT
