"""When one encoding is made in temporal layers, and how many of them each receiver gets.

Owns: both decisions with their hysteresis. A frame that must not refer to the one before costs bits, so layers
are asked for only where receivers differ by more than an encoder swings, and by less than a lower copy is made for
(lowercopy.py). Must never measure: rates come in as wire bit/s, times as ms on the caller's clock.
"""

from __future__ import annotations

from collections.abc import Sequence

from media.core.quality import Held
from media.core.share.copyrule import GROUP_WATCHERS_MIN
from media.core.share.layerfilter import ALL_LAYERS

# What of the bits is in the layers up to each: libwebrtc's allocation for three.
SHARES = (0.4, 0.6, 1.0)
UNLIKE_SHARE = 0.75
ALIKE_SHARE = 0.9
# Under this the best picture has ten frames a second and fewer: a quarter of them is no movement.
BEST_ROOM_MIN_BPS = 100_000
ON_AFTER_MS = 2_000.0
OFF_AFTER_MS = 20_000.0
# As steering leaves head room for the whole, so here for a part of it.
FILL_SHARE = 0.9
RISE_SHARE = 0.8
RISE_AFTER_MS = 3_000.0


class LayerRule:
    """One publisher. Ask two to five times a second."""

    def __init__(self) -> None:
        self._held = Held()

    @property
    def on(self) -> bool:
        """What was answered last."""
        return self._held.on

    def wants_layers(self, now_ms: float, rooms_bps: Sequence[float], *, suits: bool) -> bool:
        """Whether the picture for receivers with these rooms is made in layers; `suits`: it may be at all."""
        if not suits:
            self._held.clear()
            return False
        return self._held.follow(now_ms, self._unlike(rooms_bps), OFF_AFTER_MS if self.on else ON_AFTER_MS)

    def _unlike(self, rooms_bps: Sequence[float]) -> bool:
        if len(rooms_bps) < GROUP_WATCHERS_MIN:
            return False
        best_bps = max(rooms_bps)
        share = ALIKE_SHARE if self.on else UNLIKE_SHARE
        return best_bps >= BEST_ROOM_MIN_BPS and min(rooms_bps) < share * best_bps


def room_with_layers(room_bps: float, rooms_bps: Sequence[float]) -> float:
    """The room that a receiver seems to have to the source, when it need take only the base layer."""
    return min(max(rooms_bps), room_bps / SHARES[0])


class LayerChoice:
    """How many layers one receiver of one publisher gets: fewer at once, more after a while with room."""

    def __init__(self) -> None:
        self.highest = ALL_LAYERS
        self._room_since_ms: float | None = None

    def follow(self, now_ms: float, room_bps: float, asked_bps: float) -> int:
        """The highest layer for a room, of a picture that was told to have `asked_bps`."""
        fits = _highest(FILL_SHARE * room_bps, asked_bps)
        if fits < self.highest:
            self.highest = fits
            self._room_since_ms = None
        elif _highest(RISE_SHARE * room_bps, asked_bps) <= self.highest:
            self._room_since_ms = None
        elif self._room_since_ms is None:
            self._room_since_ms = now_ms
        elif now_ms - self._room_since_ms >= RISE_AFTER_MS:
            self.highest += 1
            self._room_since_ms = None
        return self.highest


def _highest(room_bps: float, asked_bps: float) -> int:
    return max((layer for layer, share in enumerate(SHARES) if share * asked_bps <= room_bps), default=0)
