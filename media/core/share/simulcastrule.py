"""When a publisher sends its picture twice, large and small, and which receivers get the small one.

Owns: that decision with its hysteresis, and the small picture. Between temporal layers (layerrule.py), which
cost the publisher nothing and reach down to two fifths, and lower copies (lowercopy.py), which cost the server a
decoder, it is for publishers whose way up carries both. Must never measure: rates come in as wire bit/s, times as
ms on the caller's clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from media.core.parameters import VideoSend
from media.core.quality import PACE_SHARE, Held, VideoSteps
from media.core.repair import PLAIN_VOICE_BPS
from media.core.share.copyrule import GROUP_WATCHERS_MIN, picture_for_copy
from media.core.share.layerrule import SHARES

# Under the share of the base layer no temporal layers span the difference; back well above it.
UNLIKE_SHARE = SHARES[0]
ALIKE_SHARE = 0.55
# Two pictures and a voice; below, the large one would give too much for the small.
UPLINK_MIN_BPS = 400_000
UPLINK_KEEP_BPS = 300_000
# Less is a matter of stills; more is the large picture's.
LOW_MIN_BPS = 20_000
LOW_KEEP_BPS = 16_000
LOW_MAX_BPS = 150_000
# Of what the page's own congestion control gives pictures: all that the small one may have, where it begins to be
# affordable. That guess starts at 60 kbit/s and grows only while it is used.
LOW_SHARE = LOW_MAX_BPS / UPLINK_MIN_BPS
# Sooner than a lower copy is made, so that none is begun for a moment.
ON_AFTER_MS = 1_000.0
OFF_AFTER_MS = 10_000.0
# A way up that has fallen is believed sooner: two pictures would hold up the voice.
UPLINK_LOST_MS = 1_000.0
# A page that was asked and sends nothing for so long is left alone for a while.
SILENT_MS = 6_000.0
REFUSED_MS = 60_000.0
# What scale_resolution_down_by divides.
PLAIN_LINES = 480

Viewer = TypeVar("Viewer", bound=Hashable)


@dataclass(frozen=True, slots=True)
class UplinkView:
    """What is known of a publisher's uplink, in wire bit/s.

    ``capacity_bps``: what it surely carries, None while that is not known; ``video_reported_bps``: what the page's
    own congestion control gives both pictures now, None where the page does not report it; ``large_asked_bps``:
    what the publisher was asked to send as the large picture.
    """

    capacity_bps: float | None
    video_reported_bps: float | None = None
    large_asked_bps: float = 0.0

    @property
    def low_max_bps(self) -> float:
        """What the small picture may have of it."""
        if self.video_reported_bps is None:
            return LOW_MAX_BPS
        return max(LOW_MIN_BPS, min(LOW_MAX_BPS, LOW_SHARE * self.video_reported_bps))

    def affords_both(self, *, was_on: bool) -> bool:
        """Whether it carries two pictures, and the second can begin without taking from the first."""
        if self.capacity_bps is None or self.capacity_bps < (UPLINK_KEEP_BPS if was_on else UPLINK_MIN_BPS):
            return False
        if was_on or self.video_reported_bps is None or self.video_reported_bps >= UPLINK_MIN_BPS:
            return True
        return self.video_reported_bps - self.low_max_bps >= self.large_asked_bps


@dataclass(slots=True)
class SimulcastRule(Generic[Viewer]):
    """One publisher. Ask `follow` two to five times a second; then read `served` and `bitrate_bps`."""

    served: frozenset[Viewer] = frozenset()
    """Who gets the small picture."""
    _steps: VideoSteps = field(default_factory=VideoSteps)
    _affords: Held = field(default_factory=Held)
    _viewers: dict[Viewer, Held] = field(default_factory=dict)
    _silent_since_ms: float | None = None
    _refused_until_ms: float = 0.0

    @property
    def bitrate_bps(self) -> int:
        """What the small picture is sent at, 0 while nobody gets it."""
        return self._steps.bitrate_bps if self.served else 0

    def follow(self, now_ms: float, rooms_bps: Mapping[Viewer, float], up: UplinkView) -> None:
        """Decide anew for watchers with these rooms."""
        was_on = bool(self.served)
        self._viewers = {viewer: self._viewers.get(viewer, Held()) for viewer in rooms_bps}
        was_affordable = self._affords.on
        affordable = up.affords_both(was_on=was_affordable) and now_ms >= self._refused_until_ms
        affords = self._affords.follow(now_ms, affordable, UPLINK_LOST_MS if was_affordable else ON_AFTER_MS)
        if not affords or up.capacity_bps is None or len(rooms_bps) < GROUP_WATCHERS_MIN:
            self._stop()
            return
        large_bps = min(max(rooms_bps.values()), up.capacity_bps - LOW_MAX_BPS - PLAIN_VOICE_BPS)
        for viewer, held in self._viewers.items():
            self._consider(now_ms, held, rooms_bps[viewer], large_bps)
        self.served = frozenset(viewer for viewer, held in self._viewers.items() if held.on)
        if self.served:
            least_bps = min(up.low_max_bps, PACE_SHARE * min(rooms_bps[viewer] for viewer in self.served))
            (self._steps.follow if was_on else self._steps.start)(least_bps, now_ms)

    def sent(self, now_ms: float, *, flows: bool) -> None:
        """Whether the small picture that was asked for comes."""
        if flows or not self.served:
            self._silent_since_ms = None
        elif self._silent_since_ms is None:
            self._silent_since_ms = now_ms
        elif now_ms - self._silent_since_ms >= SILENT_MS:
            self._refused_until_ms = now_ms + REFUSED_MS
            self._affords = Held()
            self._stop()

    def _consider(self, now_ms: float, held: Held, room_bps: float, large_bps: float) -> None:
        least_bps, share = (LOW_KEEP_BPS, ALIKE_SHARE) if held.on else (LOW_MIN_BPS, UNLIKE_SHARE)
        wanted = least_bps <= room_bps < share * large_bps
        held.follow(now_ms, wanted, OFF_AFTER_MS if held.on else ON_AFTER_MS)

    def _stop(self) -> None:
        self.served = frozenset()
        self._silent_since_ms = None
        for held in self._viewers.values():
            held.clear()


def low_picture(bitrate_bps: int, codec: str) -> VideoSend:
    """The small picture at this rate."""
    height, framerate = picture_for_copy(bitrate_bps)
    return VideoSend(
        active=True,
        max_bitrate_bps=bitrate_bps,
        max_framerate=framerate,
        scale_resolution_down_by=PLAIN_LINES / height,
        codec=codec,
    )
