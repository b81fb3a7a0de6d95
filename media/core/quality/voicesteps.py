"""How voice is sent on links of different rates: packet time and bitrate, and whether voice is sent twice.

Owns: the few shapes of voice and the choice for a link, and the redundancy that a publisher adds. With a packet
time of 20 ms headers alone cost 25 kbit/s, with 120 ms only four: on a thin link longer packets save more than a
lower bitrate. Must never know where a rate comes from.
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
    """One way to send voice, for links that carry at least `least_bps`."""

    least_bps: int
    ptime_ms: int
    bitrate_bps: int


# The shape beside a picture on a wide link. When such a link collapses, video fills its queue within 50 ms, and a
# packet gets in only at the moment when there is room: one in three voice packets of 60 ms, but enough of those of
# 20 ms. Without a picture this shape only costs more: 41.6 kbit/s on the wire. On links from this rate on it leaves
# enough room for a good picture (plateau.py).
WITH_PICTURE = VoiceShape(150_000, 20, 16_000)
# On the wire, with 64 bytes of headers a packet: 24.5, 20.5, 14.3, 12.3 and 10.3 kbit/s. Each shape leaves a third
# of its link for feedback and signaling, and as a margin against queues. Opus in SILK mode stays intelligible down
# to 6 kbit/s.
SHAPES = (
    VoiceShape(60_000, 60, 16_000),
    VoiceShape(36_000, 60, 12_000),
    VoiceShape(22_000, 120, 10_000),
    VoiceShape(17_000, 120, 8_000),
    VoiceShape(0, 120, 6_000),
)
# The highest rate of any shape on the wire, and half as much again, because Opus spends its bits unevenly.
# Redundant copies do not count. One limit for all shapes: a page changes its shape only when the order arrives;
# some never do.
WIDEST_VOICE_BPS = round(
    1.5
    * max(
        voice_wire_bps(AudioSend(max_bitrate_bps=shape.bitrate_bps, ptime_ms=shape.ptime_ms))
        for shape in (WITH_PICTURE, *SHAPES)
    )
)
# A change of packet time costs the page a local renegotiation, and the listener's jitter buffer has to adapt. So
# the shape becomes thinner at once, but wider only with a clear margin and some time after the last change.
RISE_MARGIN = 1.15
RISE_AFTER_MS = 10_000.0

# A single burst of loss is no reason to send voice twice, and a single clean moment is no reason to stop. Loss is
# measured over three seconds. On links where redundancy displaces the picture, wait until a burst is out of them.
RED_AFTER_MS = 1_000.0
RED_THIN_AFTER_MS = 4_000.0
# At 1 % loss and 17 packets a second, half a minute without loss happens by chance once in 170 times.
RED_UNTIL_MS = 30_000.0
# After this long a loss is no longer in the window of the measured loss (media/core/estimate).
LOSS_MEMORY_MS = 4_000.0


class VoiceSteps:
    """The shape of one publisher's voice."""

    def __init__(self) -> None:
        self.shape = SHAPES[0]
        self._changed_ms: float | None = None

    def follow(self, link_bps: float | None, now_ms: float, *, picture: bool = False) -> VoiceShape:
        """The shape for a link of `link_bps` (None: unknown, the shape stays); ``picture``: one shares the link."""
        if link_bps is None:
            return self.shape
        shapes = (WITH_PICTURE, *SHAPES) if picture else SHAPES
        fits = next(shape for shape in shapes if link_bps >= shape.least_bps)
        if self._changed_ms is None:
            # A call may begin before its link is measured: the first measured rate counts without a wait.
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
    """Whether one publisher sends its voice twice (RED, RFC 2198): against loss, if all links can carry it."""

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
        """Whether to send voice twice, by the loss on the uplink, which carries `uplink_bps`, and on downlinks."""
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
        # Loss from a full queue ends when less is sent; sending voice twice would only fill the queue more.
        if publisher.uplink_strained:
            self._uplink_loss_counts_from_ms = now_ms + LOSS_MEMORY_MS
        uplink_loss = publisher.uplink_loss_ratio if now_ms >= self._uplink_loss_counts_from_ms else 0.0
        return max(uplink_loss, *(receiver.loss_ratio for receiver in receivers))
