"""Which receivers get no picture, because their links have no room for the smallest one.

Owns: this decision for the receivers of one publisher, with its hysteresis. An encoding that fits such a link would
be useless for all receivers. A receiver that is left out still gets the voices, and does not limit the others. Must
never measure: rates are arguments in bit/s on the wire, times in ms on the caller's clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from media.core.quality import Held
from media.core.share.group import BEST_ROOM_MIN_BPS, GROUP_WATCHERS_MIN
from media.core.share.smallpicture import SMALL_KEEP_BPS, SMALL_MIN_BPS

# A receiver gets the picture again if the smallest picture fits with a step to spare.
BACK_BPS = 24_000
# Longer than simulcast (simulcastrule.py) and a lower copy (copyrule.py) need to begin a small picture.
OUT_AFTER_MS = 3_000.0
BACK_AFTER_MS = 10_000.0

Viewer = TypeVar("Viewer", bound=Hashable)


@dataclass(frozen=True, slots=True)
class NoRoomView(Generic[Viewer]):
    """A publisher's viewers: the room of each, and which of them already get a small picture."""

    rooms_bps: Mapping[Viewer, float]
    shown_small: Set[Viewer] = frozenset()


@dataclass(slots=True)
class NoRoomRule(Generic[Viewer]):
    """The rule for one publisher. Call `follow` two to five times a second."""

    left_out: frozenset[Viewer] = frozenset()
    """The viewers that get no picture."""
    _viewers: dict[Viewer, Held] = field(default_factory=dict)

    def follow(self, now_ms: float, view: NoRoomView[Viewer]) -> frozenset[Viewer]:
        """The viewers that get no picture."""
        rooms_bps = view.rooms_bps
        self._viewers = {viewer: self._viewers.get(viewer, Held()) for viewer in rooms_bps}
        if len(rooms_bps) < GROUP_WATCHERS_MIN or max(rooms_bps.values()) < BEST_ROOM_MIN_BPS:
            self._viewers.clear()
        for viewer, held in self._viewers.items():
            least_bps = (
                BACK_BPS if held.on else SMALL_KEEP_BPS if viewer in view.shown_small else SMALL_MIN_BPS
            )
            wanted = rooms_bps[viewer] < least_bps
            held.follow(now_ms, wanted, BACK_AFTER_MS if held.on else OUT_AFTER_MS)
        self.left_out = frozenset(viewer for viewer, held in self._viewers.items() if held.on)
        return self.left_out
