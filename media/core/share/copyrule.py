"""Who gets a lower copy of a picture, and what that copy is: the rule, apart from all that makes one.

Owns: the decision for one receiver of one publisher, with its hysteresis, and the copy's size and frame rate
for a bitrate. Must never measure: rates come in as wire bit/s, times as ms on the caller's clock. A copy costs
a core's worth of decoding now and then, so it is made only where one encoding cannot serve all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media.core.quality import Held

# Two receivers of one picture: with one, the source itself is told to send less.
GROUP_WATCHERS_MIN = 2
# Under a third of the best room, one encoding for all costs the best three steps of picture; back at half.
UNLIKE_SHARE = 1 / 3
ALIKE_SHARE = 1 / 2
# Below this the best room has no picture worth keeping apart from the thin one's.
BEST_ROOM_MIN_BPS = 120_000
# VP8 of 160x120 at 4 frames a second; less room than this is a matter of stills.
COPY_MIN_BPS = 20_000
# Once a copy flows it stays until this little is left for it: the estimate moves.
COPY_KEEP_BPS = 16_000
COPY_MAX_BPS = 240_000

# A source that sends half more than it was told, for so long, does not listen or cannot.
DISOBEDIENT_SHARE = 1.5
DISOBEDIENT_MS = 5_000.0
# What an encoder's own floor explains (Chromium's is 30 kbit/s, headers and repeats on top) is obedience.
EXCESS_MIN_BPS = 50_000
# A moment of unlikeness is no reason to start a worker; a better moment none to show another picture.
ON_AFTER_MS = 2_000.0
OFF_AFTER_MS = 10_000.0

# (from bit/s, lines, frames/s) as videosteps.py has them for a 640x480 capture; the copy of a picture of less is
# never larger than that.
_PICTURES = (
    *((200_000, 320, 15.0), (100_000, 240, 15.0), (60_000, 240, 12.0), (40_000, 180, 10.0)),
    *((28_000, 120, 8.0), (0, 120, 5.0)),
)


@dataclass(frozen=True, slots=True)
class SourceView:
    """What a publisher's picture was told to be and what it is, in wire bit/s; told 0 means told to pause."""

    asked_bps: float
    sent_bps: float


def picture_for_copy(bitrate_bps: float) -> tuple[int, float]:
    """(lines of picture, frames a second) of a copy at this rate."""
    return next((height, rate) for least_bps, height, rate in _PICTURES if bitrate_bps >= least_bps)


def too_unlike(room_bps: float, rooms_bps: Sequence[float], *, was_on: bool) -> bool:
    """Whether this room cannot share one encoding with the best of all watchers' rooms."""
    if len(rooms_bps) < GROUP_WATCHERS_MIN:
        return False
    best_bps = max(rooms_bps)
    share = ALIKE_SHARE if was_on else UNLIKE_SHARE
    return best_bps >= BEST_ROOM_MIN_BPS and room_bps < share * best_bps


def sends_too_much(source: SourceView) -> bool:
    """Whether the publisher sends what it was not told to."""
    excess_bps = source.sent_bps - source.asked_bps
    return source.sent_bps > DISOBEDIENT_SHARE * source.asked_bps and excess_bps > EXCESS_MIN_BPS


class LowerCopyRule:
    """One receiver of one publisher. Ask `wants_lower_copy` two to five times a second."""

    def __init__(self) -> None:
        self._held = Held()
        self.unlike = False
        """Whether the copy is for a room too unlike the others', rather than for a source that does not listen."""
        self._disobedient_since_ms: float | None = None

    @property
    def on(self) -> bool:
        """What was answered last."""
        return self._held.on

    def wants_lower_copy(
        self, now_ms: float, source: SourceView, room_bps: float, rooms_bps: Sequence[float]
    ) -> bool:
        """Whether this receiver shall see the copy. `rooms_bps`: every watcher's room, its own included."""
        too_much = self._disobeys(now_ms, source) and room_bps < source.sent_bps
        least_bps = COPY_KEEP_BPS if self.on else COPY_MIN_BPS
        self.unlike = too_unlike(room_bps, rooms_bps, was_on=self.on)
        wanted = room_bps >= least_bps and (too_much or self.unlike)
        return self._held.follow(now_ms, wanted, OFF_AFTER_MS if self.on else ON_AFTER_MS)

    def _disobeys(self, now_ms: float, source: SourceView) -> bool:
        if not sends_too_much(source):
            self._disobedient_since_ms = None
            return False
        if self._disobedient_since_ms is None:
            self._disobedient_since_ms = now_ms
        return now_ms - self._disobedient_since_ms >= DISOBEDIENT_MS
