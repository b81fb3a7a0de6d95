"""Which receivers get a lower copy of a picture.

Owns: the decision for one receiver of one publisher, with its hysteresis. Must never measure: rates are arguments
in bit/s on the wire, times in ms on the caller's clock. Nor may it make a copy: the engine's copies/ does. A copy
costs much processor time for decoding, so it is made only if one encoding cannot serve all receivers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media.core.quality import Held
from media.core.share.group import unlike
from media.core.share.smallpicture import SMALL_KEEP_BPS, SMALL_MIN_BPS

# With less than a third of the best room, one encoding for all would cost the best receiver several steps of
# picture. The copy ends at half.
UNLIKE_SHARE = 1 / 3
ALIKE_SHARE = 1 / 2
COPY_MAX_BPS = 240_000

# A source that sends half as much again as it was asked for, for this long, ignores the request or cannot follow
# it.
DISOBEDIENT_SHARE = 1.5
DISOBEDIENT_MS = 5_000.0
# A smaller excess comes from the encoder's own minimum (Chromium's is 30 kbit/s, plus headers and retransmissions).
EXCESS_MIN_BPS = 50_000
# A short difference of rooms is no reason to start a worker, and a short improvement is no reason to switch back.
ON_AFTER_MS = 2_000.0
OFF_AFTER_MS = 10_000.0


@dataclass(frozen=True, slots=True)
class SourceView:
    """The video rate that a publisher was asked for (0: to pause) and the one it sends, in bit/s on the wire."""

    asked_bps: float
    sent_bps: float

    @property
    def sends_too_much(self) -> bool:
        """Whether the publisher sends much more than it was asked for."""
        excess_bps = self.sent_bps - self.asked_bps
        return self.sent_bps > DISOBEDIENT_SHARE * self.asked_bps and excess_bps > EXCESS_MIN_BPS


@dataclass(frozen=True, slots=True)
class CopyView:
    """One receiver of a publisher: its room, the rooms of all viewers (its own included), and the source."""

    room_bps: float
    rooms_bps: Sequence[float]
    source: SourceView


@dataclass(slots=True)
class LowerCopyRule:
    """The rule for one receiver of one publisher. Call `follow` two to five times a second."""

    unlike: bool = False
    """Whether the reason for the copy is a much smaller room, and not a source that sends too much."""
    _held: Held = field(default_factory=Held)
    _disobedient_since_ms: float | None = None

    @property
    def on(self) -> bool:
        """The last answer of `follow`."""
        return self._held.on

    def follow(self, now_ms: float, view: CopyView) -> bool:
        """Whether this receiver gets the copy."""
        too_much = self._disobeys(now_ms, view.source) and view.room_bps < view.source.sent_bps
        least_bps = SMALL_KEEP_BPS if self.on else SMALL_MIN_BPS
        share = ALIKE_SHARE if self.on else UNLIKE_SHARE
        self.unlike = unlike(view.room_bps, view.rooms_bps, share=share)
        wanted = view.room_bps >= least_bps and (too_much or self.unlike)
        return self._held.follow(now_ms, wanted, OFF_AFTER_MS if self.on else ON_AFTER_MS)

    def _disobeys(self, now_ms: float, source: SourceView) -> bool:
        if not source.sends_too_much:
            self._disobedient_since_ms = None
            return False
        if self._disobedient_since_ms is None:
            self._disobedient_since_ms = now_ms
        return now_ms - self._disobedient_since_ms >= DISOBEDIENT_MS
