"""When pictures towards a page are held because the page is silent: a table of two states.

Owns: how long a page may be silent before its pictures are held, when they go on, and whether those that waited are
still worth sending. Pages report on what they receive (transport-wide feedback) at least each 250 ms; without
reports the link is gone or full, and each packet of video would be one more in front of the voice. Must never send,
nor read a clock: `downlink.py` of the engine asks with each tick and does what it is told.
"""

from __future__ import annotations

from enum import Enum, auto

from media.core.estimate import UNKNOWN_RTT_MS

# A page reports at least each 250 ms; twice that leaves room for one report that was lost.
HELD_AFTER_MS = 500.0
# Held pictures wait until the page has reported on nearly all that was sent before.
RELEASED_AFTER_MS = 300.0
# A picture that has waited this long shows the past: after a collapse it would only stand before the voice.
STALE_AFTER_MS = 800.0
# Where no voice goes out, held pictures leave the page nothing to report on: ask it this often.
QUESTION_EVERY_MS = 1_000.0


class State(Enum):
    """What becomes of the pictures towards one page."""

    FLOWING = auto()
    HELD = auto()


class Event(Enum):
    """What a tick finds."""

    SILENCE = auto()
    """The page has been silent for longer than it ever is while pictures arrive."""
    REPORT = auto()
    """The page reports."""
    LATE_REPORT = auto()
    """The page reports, and what was held is stale by now."""


class HoldAction(Enum):
    """What the engine does with the pictures."""

    NOTHING = auto()
    HOLD = auto()
    RELEASE = auto()
    """Go on with those that waited."""
    RENEW = auto()
    """Drop those that waited, and go on from a keyframe."""


TABLE: dict[tuple[State, Event], tuple[State, HoldAction]] = {
    (State.FLOWING, Event.REPORT): (State.FLOWING, HoldAction.NOTHING),
    (State.FLOWING, Event.SILENCE): (State.HELD, HoldAction.HOLD),
    (State.HELD, Event.SILENCE): (State.HELD, HoldAction.NOTHING),
    (State.HELD, Event.REPORT): (State.FLOWING, HoldAction.RELEASE),
    (State.HELD, Event.LATE_REPORT): (State.FLOWING, HoldAction.RENEW),
}


class DownlinkHold:
    """The state of one page's pictures. Call `follow` with each tick, and `asks` after it."""

    def __init__(self) -> None:
        self._state = State.FLOWING
        self._held_since_ms = 0.0
        self._next_question_ms = 0.0
        self._sent_by_then = 0

    @property
    def holds(self) -> bool:
        """Whether pictures are held."""
        return self._state is State.HELD

    def follow(
        self, now_ms: float, silent_ms: float | None, rtt_ms: float | None, *, stopped: bool
    ) -> HoldAction:
        """What to do now.

        ``silent_ms``: how long the page has not reported on what was sent, None where it never reports; ``rtt_ms``:
        the round-trip time, None while unknown; ``stopped``: nothing at all comes from the page (arrivalrhythm.py),
        which tells sooner.
        """
        event = self._event(now_ms, silent_ms, rtt_ms, stopped=stopped)
        state, action = TABLE[self._state, event]
        if action is HoldAction.HOLD:
            self._held_since_ms = now_ms
        self._state = state
        return action

    def _event(self, now_ms: float, silent_ms: float | None, rtt_ms: float | None, *, stopped: bool) -> Event:
        patience_ms = RELEASED_AFTER_MS if self.holds else HELD_AFTER_MS
        if stopped or (silent_ms is not None and silent_ms > (rtt_ms or UNKNOWN_RTT_MS) + patience_ms):
            return Event.SILENCE
        late = self.holds and now_ms - self._held_since_ms > STALE_AFTER_MS
        return Event.LATE_REPORT if late else Event.REPORT

    def asks(self, now_ms: float, sent_packets: int) -> bool:
        """Whether to send the page something to report on; ``sent_packets``: all that were sent so far.

        Call `asked` when that has been sent: it is no answer to itself.
        """
        if not self.holds or now_ms < self._next_question_ms:
            return False
        nothing_sent = sent_packets == self._sent_by_then
        self._sent_by_then = sent_packets
        self._next_question_ms = now_ms + QUESTION_EVERY_MS
        return nothing_sent

    def asked(self, sent_packets: int) -> None:
        """The question has been sent; ``sent_packets`` includes it."""
        self._sent_by_then = sent_packets
