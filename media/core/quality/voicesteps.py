"""How a voice is sent on links of different width: packet time and bitrate together, and whether it is sent twice.

Owns: the few shapes a voice can have and which one a link gets, and the redundancy that a publisher adds. At 20 ms
headers alone cost 25 kbit/s, at 120 ms four: on a thin link longer packets buy more than fewer bits. Must never
know where a rate comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media.core.parameters import AudioSend
from media.core.quality.held import Held
from media.core.quality.views import PublisherView, ReceiverView
from media.core.repair import (
    RED_AT_ONCE_BPS,
    RED_MUCH_LOSS_KEEP_BPS,
    RED_MUCH_LOSS_MIN_BPS,
    redundancy_pays,
    voice_wire_bps,
)


@dataclass(frozen=True, slots=True)
class VoiceShape:
    """One way to send a voice: wide enough from `least_bps` of link on."""

    least_bps: int
    ptime_ms: int
    bitrate_bps: int


# Beside a picture on a wide link. When such a link collapses, its queue is full of picture within 50 ms and lets a
# packet in only at the moment when there is room: one in three of the voice packets each 60 ms, nearly all that
# matter of those each 20 ms. Where no picture shares the link this shape would only cost more, 41.6 kbit/s on the
# wire. From this link on it leaves room enough for a good picture (plateau.py).
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
# The most that any of them costs on the wire, and a half more, for Opus spends its bits unevenly. Voice that is
# sent twice counts once. One bound for all: a page changes its shape when the order reaches it, some never do.
WIDEST_VOICE_BPS = round(
    1.5
    * max(
        voice_wire_bps(AudioSend(max_bitrate_bps=shape.bitrate_bps, ptime_ms=shape.ptime_ms))
        for shape in (WITH_PICTURE, *SHAPES)
    )
)
# A change of packet time costs the page a local renegotiation and the listener a jitter buffer that adapts:
# down at once, up only where there is clearly room, and not soon after the last change.
RISE_MARGIN = 1.15
RISE_AFTER_MS = 10_000.0

# A single burst of loss is no reason to send voice twice, nor a single clean moment to stop. Loss is that of three
# seconds, so on links where redundancy costs the picture a burst must have passed out of them.
RED_AFTER_MS = 1_000.0
RED_THIN_AFTER_MS = 4_000.0
# At 1 % loss and 17 packets a second half a minute without a loss is one in 300.
RED_UNTIL_MS = 30_000.0
# A loss stays for so long in the window that counts it (media/core/estimate).
LOSS_MEMORY_MS = 4_000.0


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


class VoiceRedundancy:
    """Whether one publisher sends its voice twice (RED, RFC 2198): for loss, where all concerned can afford it."""

    def __init__(self, now_ms: float) -> None:
        self.on = False
        self._wanted = Held()
        self._affordable = Held()
        self._uplink_loss_counts_from_ms = now_ms

    def follow(
        self,
        now_ms: float,
        publisher: PublisherView,
        receivers: Sequence[ReceiverView],
        *,
        uplink_bps: float,
        uplink_suffers: bool,
    ) -> bool:
        """The answer for loss on the uplink, which carries `uplink_bps`, or at the poorest receiver."""
        known_bps = min(uplink_bps, *(receiver.estimate_bps for receiver in receivers))
        loss_ratio = self._loss_ratio(now_ms, publisher, receivers)
        begins_after_ms = RED_AFTER_MS if known_bps >= RED_AT_ONCE_BPS else RED_THIN_AFTER_MS
        after_ms = RED_UNTIL_MS if self._wanted.on else begins_after_ms
        pays = redundancy_pays(loss_ratio, known_bps, was_on=self.on)
        wanted = self._wanted.follow(now_ms, pays, after_ms)
        least_bps = RED_MUCH_LOSS_KEEP_BPS if self.on else RED_MUCH_LOSS_MIN_BPS
        affords = known_bps >= least_bps and not uplink_suffers
        affordable = self._affordable.follow(now_ms, affords, RED_AFTER_MS)
        self.on = wanted and affordable
        return self.on

    def _loss_ratio(
        self, now_ms: float, publisher: PublisherView, receivers: Sequence[ReceiverView]
    ) -> float:
        # What a full queue dropped comes back when less is sent; twice the voice would only fill it more.
        if publisher.uplink_strained:
            self._uplink_loss_counts_from_ms = now_ms + LOSS_MEMORY_MS
        uplink_loss = publisher.uplink_loss_ratio if now_ms >= self._uplink_loss_counts_from_ms else 0.0
        return max(uplink_loss, *(receiver.loss_ratio for receiver in receivers))
