"""When a publisher sends its picture twice, large and small, and which receivers get the small picture.

Owns: this decision with its hysteresis, and the bitrate of the small picture. Temporal layers (layerrule.py) add
nothing to the uplink but reduce a picture only to two fifths; lower copies (copyrule.py) cost the server a decoder.
Simulcast is between the two, for publishers whose uplink carries both pictures. Must never measure: rates are
arguments in bit/s on the wire, times in ms on the caller's clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from media.core.quality import PACE_SHARE, Held, VideoSteps
from media.core.repair import PLAIN_VOICE_BPS
from media.core.share.group import GROUP_WATCHERS_MIN
from media.core.share.layermode import BIT_SHARES
from media.core.share.smallpicture import SMALL_KEEP_BPS, SMALL_MIN_BPS

# Below the share of the base layer, temporal layers cannot bridge the difference. The small picture ends well above
# it.
UNLIKE_SHARE = BIT_SHARES[0]
ALIKE_SHARE = 0.55
# The uplink carries two pictures and a voice; with less, the large picture would lose too much to the small one.
UPLINK_MIN_BPS = 400_000
UPLINK_KEEP_BPS = 300_000
# A higher rate goes to the large picture.
SMALL_MAX_BPS = 150_000
# The small picture's share of the rate that the page's congestion control allows for pictures, so that it reaches
# its maximum at the least uplink. The page's estimate starts at 60 kbit/s and grows only while it is used.
SMALL_SHARE = SMALL_MAX_BPS / UPLINK_MIN_BPS
# Shorter than the wait for a lower copy, so that no copy begins in the meantime.
ON_AFTER_MS = 1_000.0
OFF_AFTER_MS = 10_000.0
# Simulcast ends soon after the uplink has become too thin, because two pictures would delay the voice.
UPLINK_LOST_MS = 1_000.0
# A page that sends no small picture for this long after the request is not asked again for a while.
SILENT_MS = 6_000.0
REFUSED_MS = 60_000.0

Viewer = TypeVar("Viewer", bound=Hashable)


@dataclass(frozen=True, slots=True)
class UplinkView:
    """A publisher's uplink, in bit/s on the wire.

    ``capacity_bps``: the rate that it certainly carries, None while unknown; ``video_reported_bps``: the rate that
    the page's congestion control allows for both pictures, None if the page does not report it;
    ``large_asked_bps``: the rate that the publisher was asked for as the large picture.
    """

    capacity_bps: float | None
    video_reported_bps: float | None = None
    large_asked_bps: float = 0.0

    @property
    def small_max_bps(self) -> float:
        """The highest rate of the small picture."""
        if self.video_reported_bps is None:
            return SMALL_MAX_BPS
        return max(SMALL_MIN_BPS, min(SMALL_MAX_BPS, SMALL_SHARE * self.video_reported_bps))

    def affords_both(self, *, was_on: bool) -> bool:
        """Whether the uplink carries two pictures, and the second can begin without reducing the first."""
        if self.capacity_bps is None or self.capacity_bps < (UPLINK_KEEP_BPS if was_on else UPLINK_MIN_BPS):
            return False
        if was_on or self.video_reported_bps is None or self.video_reported_bps >= UPLINK_MIN_BPS:
            return True
        return self.video_reported_bps - self.small_max_bps >= self.large_asked_bps


@dataclass(frozen=True, slots=True)
class SimulcastView(Generic[Viewer]):
    """A publisher's viewers, with the room of each, and the publisher's uplink.

    ``unanswered``: the page was asked for a small picture, but none arrives.
    """

    rooms_bps: Mapping[Viewer, float]
    uplink: UplinkView
    unanswered: bool = False


@dataclass(slots=True)
class SimulcastRule(Generic[Viewer]):
    """The rule for one publisher. Call `follow` two to five times a second; then read `bitrate_bps`."""

    served: frozenset[Viewer] = frozenset()
    """The viewers that get the small picture."""
    _steps: VideoSteps = field(default_factory=VideoSteps)
    _affords: Held = field(default_factory=Held)
    _viewers: dict[Viewer, Held] = field(default_factory=dict)
    _silent_since_ms: float | None = None
    _refused_until_ms: float = 0.0

    @property
    def bitrate_bps(self) -> int:
        """The bitrate of the small picture; 0 while no viewer gets it."""
        return self._steps.bitrate_bps if self.served else 0

    def follow(self, now_ms: float, view: SimulcastView[Viewer]) -> frozenset[Viewer]:
        """The viewers that get the small picture."""
        self._viewers = {viewer: self._viewers.get(viewer, Held()) for viewer in view.rooms_bps}
        capacity_bps = view.uplink.capacity_bps
        affords = self._follow_uplink(now_ms, view.uplink)
        if not affords or capacity_bps is None or len(view.rooms_bps) < GROUP_WATCHERS_MIN:
            self._stop()
        else:
            large_bps = min(max(view.rooms_bps.values()), capacity_bps - SMALL_MAX_BPS - PLAIN_VOICE_BPS)
            self._serve(now_ms, view, large_bps)
        self._await_answer(now_ms, unanswered=view.unanswered)
        return self.served

    def _follow_uplink(self, now_ms: float, uplink: UplinkView) -> bool:
        was_on = self._affords.on
        affords = uplink.affords_both(was_on=was_on) and now_ms >= self._refused_until_ms
        return self._affords.follow(now_ms, affords, UPLINK_LOST_MS if was_on else ON_AFTER_MS)

    def _serve(self, now_ms: float, view: SimulcastView[Viewer], large_bps: float) -> None:
        was_on = bool(self.served)
        for viewer, held in self._viewers.items():
            least_bps, share = (SMALL_KEEP_BPS, ALIKE_SHARE) if held.on else (SMALL_MIN_BPS, UNLIKE_SHARE)
            wanted = least_bps <= view.rooms_bps[viewer] < share * large_bps
            held.follow(now_ms, wanted, OFF_AFTER_MS if held.on else ON_AFTER_MS)
        self.served = frozenset(viewer for viewer, held in self._viewers.items() if held.on)
        if self.served:
            thinnest_bps = min(view.rooms_bps[viewer] for viewer in self.served)
            target_bps = min(view.uplink.small_max_bps, PACE_SHARE * thinnest_bps)
            (self._steps.follow if was_on else self._steps.start)(target_bps, now_ms)

    def _await_answer(self, now_ms: float, *, unanswered: bool) -> None:
        """Stop asking for a while if the page does not send the small picture."""
        if not unanswered or not self.served:
            self._silent_since_ms = None
        elif self._silent_since_ms is None:
            self._silent_since_ms = now_ms
        elif now_ms - self._silent_since_ms >= SILENT_MS:
            self._refused_until_ms = now_ms + REFUSED_MS
            self._affords = Held()
            self._stop()

    def _stop(self) -> None:
        self.served = frozenset()
        self._silent_since_ms = None
        for held in self._viewers.values():
            held.clear()
