"""Which receivers get a lower copy of a picture: the decision, apart from all that makes one.

Owns: the decision for one receiver of one publisher, with its hysteresis. Must never measure: rates come in as wire
bit/s, times as ms on the caller's clock. A copy costs a core's worth of decoding now and then, so it is made only
where one encoding cannot serve all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media.core.quality import Held
from media.core.share.group import unlike
from media.core.share.smallpicture import SMALL_KEEP_BPS, SMALL_MIN_BPS

# Under a third of the best room, one encoding for all costs the best three steps of picture; back at half.
UNLIKE_SHARE = 1 / 3
ALIKE_SHARE = 1 / 2
COPY_MAX_BPS = 240_000

# A source that sends half more than it was asked for, for so long, does not listen or cannot.
DISOBEDIENT_SHARE = 1.5
DISOBEDIENT_MS = 5_000.0
# What an encoder's own floor explains (Chromium's is 30 kbit/s, headers and repeats on top) is obedience.
EXCESS_MIN_BPS = 50_000
# A moment of unlike rooms is no reason to start a worker, nor a better moment one to show another picture.
ON_AFTER_MS = 2_000.0
OFF_AFTER_MS = 10_000.0


@dataclass(frozen=True, slots=True)
class SourceView:
    """What a publisher was asked to send as its picture and what it sends, in wire bit/s; asked 0: to pause."""

    asked_bps: float
    sent_bps: float

    @property
    def sends_too_much(self) -> bool:
        """Whether the publisher sends much more than it was asked for."""
        excess_bps = self.sent_bps - self.asked_bps
        return self.sent_bps > DISOBEDIENT_SHARE * self.asked_bps and excess_bps > EXCESS_MIN_BPS


@dataclass(frozen=True, slots=True)
class CopyView:
    """One receiver of a publisher: its room, the rooms of every watcher (its own included), and the source."""

    room_bps: float
    rooms_bps: Sequence[float]
    source: SourceView


@dataclass(slots=True)
class LowerCopyRule:
    """One receiver of one publisher. Ask `follow` two to five times a second."""

    unlike: bool = False
    """Whether the copy is for a room too unlike the others', rather than for a source that sends too much."""
    _held: Held = field(default_factory=Held)
    _disobedient_since_ms: float | None = None

    @property
    def on(self) -> bool:
        """What was answered last."""
        return self._held.on

    def follow(self, now_ms: float, view: CopyView) -> bool:
        """Whether this receiver shall see the copy."""
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
