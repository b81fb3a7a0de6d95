"""When a publisher encodes in temporal layers, and how many layers each receiver gets.

Owns: both decisions with their hysteresis. Layers cost bits, because a frame may not always refer to the one
before. So layers are asked for only if receivers differ by more than the rate of an encoder varies, and by less
than a lower copy is made for (copyrule.py). Must never measure: rates are arguments in bit/s on the wire, times in
ms on the caller's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media.core.quality import Held
from media.core.share.group import unlike
from media.core.share.layermode import ALL_LAYERS, BIT_SHARES

UNLIKE_SHARE = 0.75
ALIKE_SHARE = 0.9
# Below this a quarter of the frames, which is the base layer, shows no movement.
BEST_ROOM_MIN_BPS = 100_000
ON_AFTER_MS = 2_000.0
OFF_AFTER_MS = 20_000.0
# LayerChoice leaves headroom for the layers, as steering does for the whole picture.
FILL_SHARE = 0.9
RISE_SHARE = 0.8
RISE_AFTER_MS = 3_000.0


@dataclass(frozen=True, slots=True)
class LayerView:
    """The rooms of a publisher's viewers; ``suitable``: whether the picture may be layered at all."""

    rooms_bps: Sequence[float]
    suitable: bool = True


@dataclass(slots=True)
class LayerRule:
    """The rule for one publisher. Call `follow` two to five times a second."""

    _held: Held = field(default_factory=Held)

    @property
    def on(self) -> bool:
        """The last answer of `follow`."""
        return self._held.on

    def follow(self, now_ms: float, view: LayerView) -> bool:
        """Whether the publisher encodes in layers."""
        if not view.suitable:
            self._held.clear()
            return False
        share = ALIKE_SHARE if self.on else UNLIKE_SHARE
        thinnest_bps = min(view.rooms_bps, default=0.0)
        wanted = unlike(thinnest_bps, view.rooms_bps, share=share, best_min_bps=BEST_ROOM_MIN_BPS)
        return self._held.follow(now_ms, wanted, OFF_AFTER_MS if self.on else ON_AFTER_MS)


def room_with_layers(room_bps: float, rooms_bps: Sequence[float]) -> float:
    """The room that the source may count on for a receiver that can take only the base layer."""
    return min(max(rooms_bps), room_bps / BIT_SHARES[0])


@dataclass(slots=True)
class LayerChoice:
    """How many layers one receiver of one publisher gets: fewer at once, more after some time with enough room."""

    highest: int = ALL_LAYERS
    _room_since_ms: float | None = None

    def follow(self, now_ms: float, room_bps: float, asked_bps: float) -> int:
        """The highest layer to send in `room_bps`, of a picture that was asked for at `asked_bps`."""
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
    return max((layer for layer, share in enumerate(BIT_SHARES) if share * asked_bps <= room_bps), default=0)
