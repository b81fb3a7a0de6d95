"""How a voice is sent on links of different width: packet time and bitrate together.

Owns: the few shapes a voice can have and which one a link gets. At 20 ms headers alone cost 25 kbit/s, at 120 ms
four: on a thin link longer packets buy more than fewer bits. Must never know where a rate comes from.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VoiceShape:
    """One way to send a voice: wide enough from `least_bps` of link on."""

    least_bps: int
    ptime_ms: int
    bitrate_bps: int


# Beside a picture on a wide link. When such a link collapses, its queue is full of picture within 50 ms and lets in
# only what comes in the moment when there is room: of words each 60 ms one in three, of words each 20 ms nearly all
# that matter. Where no picture shares the link it would only cost more: 41.6 kbit/s on the wire. From here on it
# leaves room enough for a good picture (plateau.py).
WITH_PICTURE = VoiceShape(150_000, 20, 16_000)
# Wire cost with 64 bytes a packet: 24.5, 20.5, 14.3, 12.3 and 10.3 kbit/s. Each leaves a third of its link for
# feedback, signaling and what must not queue. Opus in SILK mode stays understandable down to 6 kbit/s.
SHAPES = (
    VoiceShape(60_000, 60, 16_000),
    VoiceShape(36_000, 60, 12_000),
    VoiceShape(22_000, 120, 10_000),
    VoiceShape(17_000, 120, 8_000),
    VoiceShape(0, 120, 6_000),
)
# A change of packet time costs the page a local renegotiation and the listener a jitter buffer that adapts:
# down at once, up only where there is clearly room, and not soon after the last change.
RISE_MARGIN = 1.15
RISE_AFTER_MS = 10_000.0


class VoiceSteps:
    """The shape of one publisher's voice."""

    def __init__(self) -> None:
        self.shape = SHAPES[0]
        self._changed_ms: float | None = None

    def follow(self, link_bps: float | None, now_ms: float, *, picture: bool = False) -> VoiceShape:
        """The shape for a link of `link_bps` (None: unknown, so what it was), which a ``picture`` may share."""
        if link_bps is None:
            return self.shape
        shapes = (WITH_PICTURE, *SHAPES) if picture else SHAPES
        fits = next(shape for shape in shapes if link_bps >= shape.least_bps)
        if self._changed_ms is None:
            # A call may begin before its link is measured: what it turns out to carry need not wait.
            self._change(fits, now_ms - RISE_AFTER_MS)
        elif fits.least_bps < self.shape.least_bps:
            self._change(fits, now_ms)
        elif fits.least_bps > self.shape.least_bps:
            roomy = next(shape for shape in shapes if link_bps >= RISE_MARGIN * shape.least_bps)
            if roomy.least_bps > self.shape.least_bps and now_ms - self._changed_ms >= RISE_AFTER_MS:
                self._change(roomy, now_ms)
        return self.shape

    def _change(self, shape: VoiceShape, now_ms: float) -> None:
        self.shape = shape
        self._changed_ms = now_ms
