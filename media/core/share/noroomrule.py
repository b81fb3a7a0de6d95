"""Which receivers get no picture at all, because their links have no room for the smallest there is.

Owns: that decision with its hysteresis. One encoding that such a link could take would be none for all: whoever is
left out has the voices, and holds nobody down. Must never measure: rates come in as wire bit/s, times as ms on the
caller's clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from media.core.quality import Held
from media.core.share.copyrule import BEST_ROOM_MIN_BPS, GROUP_WATCHERS_MIN
from media.core.share.simulcastrule import LOW_KEEP_BPS, LOW_MIN_BPS

# Back where the smallest picture fits with a step to spare.
BACK_BPS = 24_000
# After a small picture has been begun where one fits (simulcast.py) and a lower copy (lowercopy.py).
OUT_AFTER_MS = 3_000.0
BACK_AFTER_MS = 10_000.0

Viewer = TypeVar("Viewer", bound=Hashable)


@dataclass(slots=True)
class NoRoomRule(Generic[Viewer]):
    """One publisher. Ask two to five times a second."""

    _viewers: dict[Viewer, Held] = field(default_factory=dict)

    def left_out(
        self, now_ms: float, rooms_bps: Mapping[Viewer, float], spared: Set[Viewer]
    ) -> frozenset[Viewer]:
        """Who gets no picture, of watchers with these rooms; `spared`: who has a small one already."""
        self._viewers = {viewer: self._viewers.get(viewer, Held()) for viewer in rooms_bps}
        if len(rooms_bps) < GROUP_WATCHERS_MIN or max(rooms_bps.values()) < BEST_ROOM_MIN_BPS:
            self._viewers.clear()
        for viewer, held in self._viewers.items():
            least_bps = BACK_BPS if held.on else LOW_KEEP_BPS if viewer in spared else LOW_MIN_BPS
            wanted = rooms_bps[viewer] < least_bps
            held.follow(now_ms, wanted, BACK_AFTER_MS if held.on else OUT_AFTER_MS)
        return frozenset(viewer for viewer, held in self._viewers.items() if held.on)
