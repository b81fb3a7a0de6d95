"""When pictures towards a page are held because the page sends no reports: a table of two states.

Owns: how long a page may be silent before its pictures are held, when sending continues, and whether the held
pictures are still worth sending. While packets arrive, a page reports (transport-wide feedback) at least every 250
ms. Without reports the link is gone or full, and every video packet would delay the voice. Must never send, nor
read a clock: the engine's `downlink.py` calls this on every tick and carries the answer out.
"""

from __future__ import annotations

from enum import Enum, auto

from media.core.estimate import UNKNOWN_RTT_MS

# A page reports at least every 250 ms; twice that tolerates one lost report.
HELD_AFTER_MS = 500.0
# Sending continues when the oldest packet without a report is no older than this (and a round trip).
RELEASED_AFTER_MS = 300.0
# A picture that has waited this long is stale: after a collapse it would only delay the voice.
STALE_AFTER_MS = 800.0
# If no voice is sent either, the page has nothing to report on: send it a probe this often.
PROBE_EVERY_MS = 1_000.0


class State(Enum):
    """The state of the pictures towards one page."""

    FLOWING = auto()
    HELD = auto()


class Event(Enum):
    """What a tick observes."""

    SILENCE = auto()
    """The page has been silent for longer than it can be while packets arrive."""
    REPORT = auto()
    """The page reports."""
    LATE_REPORT = auto()
    """The page reports, but the held pictures are stale."""


class HoldAction(Enum):
    """What the engine does with the pictures."""

    NOTHING = auto()
    HOLD = auto()
    RELEASE = auto()
    """Send the held pictures, and continue."""
    RENEW = auto()
    """Drop the held pictures, and continue with a keyframe."""


TABLE: dict[tuple[State, Event], tuple[State, HoldAction]] = {
    (State.FLOWING, Event.REPORT): (State.FLOWING, HoldAction.NOTHING),
    (State.FLOWING, Event.SILENCE): (State.HELD, HoldAction.HOLD),
    (State.HELD, Event.SILENCE): (State.HELD, HoldAction.NOTHING),
    (State.HELD, Event.REPORT): (State.FLOWING, HoldAction.RELEASE),
    (State.HELD, Event.LATE_REPORT): (State.FLOWING, HoldAction.RENEW),
}


class DownlinkHold:
    """The state of one page's pictures. On every tick call `follow`, then `probe_due`."""

    def __init__(self) -> None:
        self._state = State.FLOWING
        self._held_since_ms = 0.0
        self._next_probe_ms = 0.0
        self._sent_by_then = 0

    @property
    def holds(self) -> bool:
        """Whether pictures are held."""
        return self._state is State.HELD

    def follow(
        self, now_ms: float, silent_ms: float | None, rtt_ms: float | None, *, stopped: bool
    ) -> HoldAction:
        """What to do now.

        ``silent_ms``: how long sent packets have had no report, None if the page never reports; ``rtt_ms``: the
        round-trip time, None while unknown; ``stopped``: no media arrives from the page (arrivalrhythm.py), which
        shows the silence sooner.
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

    def probe_due(self, now_ms: float, sent_packets: int) -> bool:
        """Whether to send a probe, on which the page must report; ``sent_packets``: the total number of packets.

        Call `probe_sent` after sending the probe, so that the next call does not count it.
        """
        if not self.holds or now_ms < self._next_probe_ms:
            return False
        nothing_sent = sent_packets == self._sent_by_then
        self._sent_by_then = sent_packets
        self._next_probe_ms = now_ms + PROBE_EVERY_MS
        return nothing_sent

    def probe_sent(self, sent_packets: int) -> None:
        """The probe has been sent; ``sent_packets`` includes it."""
        self._sent_by_then = sent_packets
