"""Which receivers get no picture at all, because their links have no room for the smallest there is.

Owns: that decision for the receivers of one publisher, with its hysteresis. An encoding that such a link could take
would be no picture for anybody: a receiver that is left out has the voices, and holds nobody down. Must never
measure: rates come in as wire bit/s, times as ms on the caller's clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from media.core.quality import Held
from media.core.share.group import BEST_ROOM_MIN_BPS, GROUP_WATCHERS_MIN
from media.core.share.smallpicture import SMALL_KEEP_BPS, SMALL_MIN_BPS

# Back where the smallest picture fits with a step to spare.
BACK_BPS = 24_000
# Later than simulcast begins a small picture (simulcastrule.py) and a lower copy is made (copyrule.py).
OUT_AFTER_MS = 3_000.0
BACK_AFTER_MS = 10_000.0

Viewer = TypeVar("Viewer", bound=Hashable)


@dataclass(frozen=True, slots=True)
class NoRoomView(Generic[Viewer]):
    """The watchers of a publisher: the room of each, and which of them are shown a small picture already."""

    rooms_bps: Mapping[Viewer, float]
    shown_small: Set[Viewer] = frozenset()


@dataclass(slots=True)
class NoRoomRule(Generic[Viewer]):
    """One publisher. Ask `follow` two to five times a second."""

    left_out: frozenset[Viewer] = frozenset()
    """Who gets no picture."""
    _viewers: dict[Viewer, Held] = field(default_factory=dict)

    def follow(self, now_ms: float, view: NoRoomView[Viewer]) -> frozenset[Viewer]:
        """Who gets no picture."""
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
