"""Which slots show the small picture of a publisher that sends two, and what that is to be.

Owns: the rule of media/core/share/simulcastrule.py for each publisher, and the slots' change between both
streams. Must never decide by itself who gets which. Steering sets the bitrate of the large picture and sees only
the receivers that get it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from media.core.parameters import VideoSend
from media.core.quality import PublisherView, ReceiverView, common_codec
from media.core.share import SimulcastRule, SimulcastView, UplinkView, small_video
from media.engine.relay.inbound import InboundStream
from media.engine.relay.outbound import OutboundStream
from media.engine.relay.rooms import Member
from media.engine.share.pictureroom import picture_room_bps, slot_of

Receivers = list[tuple[Member, ReceiverView]]
NOTHING = VideoSend()


@dataclass(slots=True)
class _Source:
    rule: SimulcastRule[OutboundStream] = field(default_factory=SimulcastRule)
    low: VideoSend = NOTHING
    asked: bool = False


class Simulcast:
    """See the module's docstring."""

    def __init__(self) -> None:
        self._sources: dict[InboundStream, _Source] = {}

    def consider(
        self,
        publisher: Member,
        receivers: Sequence[tuple[Member, ReceiverView]],
        up: UplinkView,
        now_ms: float,
    ) -> Receivers:
        """Give each slot the stream that fits it best; the receivers that the large picture is for."""
        low = publisher.uplink.low
        if low is None:
            return list(receivers)
        source = self._sources.setdefault(low, _Source())
        slots = [slot_of(member, publisher) if view.wants_video else None for member, view in receivers]
        watching = {out: view for out, (_, view) in zip(slots, receivers, strict=True) if out is not None}
        rooms_bps = {
            out: picture_room_bps(member, view)
            for out, (member, view) in zip(slots, receivers, strict=True)
            if out is not None
        }
        flows = source.asked and not low.muted and low.stats.rate_bps(now_ms) > 0
        unanswered = source.asked and not low.muted and not flows
        source.rule.follow(now_ms, SimulcastView(rooms_bps, up, unanswered=unanswered))
        served = [view for out, view in watching.items() if out in source.rule.served]
        encodes = tuple(entry.value for entry in low.codecs.values())
        codec = common_codec(PublisherView(codecs=encodes), served)
        source.low = NOTHING
        if served and codec is not None:
            source.low = small_video(source.rule.bitrate_bps, codec)
        for out in watching:
            _show(
                out, publisher.uplink.video, low, low_fits=flows and out in source.rule.served, now_ms=now_ms
            )
        return [
            (member, replace(view, wants_video=False) if out is not None and out.source is low else view)
            for out, (member, view) in zip(slots, receivers, strict=True)
        ]

    def low(self, publisher: Member) -> VideoSend:
        """What this publisher's small picture is to be."""
        source = self._source(publisher)
        return source.low if source is not None else NOTHING

    def told(self, publisher: Member, low: VideoSend) -> None:
        """What this publisher was asked for."""
        source = self._source(publisher)
        if source is not None:
            source.asked = low.active

    def forget(self, publisher: Member) -> None:
        """This leg is gone."""
        if publisher.uplink.low is not None:
            self._sources.pop(publisher.uplink.low, None)

    def _source(self, publisher: Member) -> _Source | None:
        low = publisher.uplink.low
        return self._sources.get(low) if low is not None else None


def _show(
    out: OutboundStream, large: InboundStream, low: InboundStream, *, low_fits: bool, now_ms: float
) -> None:
    """Change the slot's stream; it goes on from the next keyframe, which is asked for at once."""
    if low_fits == (out.source is low):
        return
    chosen = low if low_fits else large
    out.attach(chosen)
    chosen.keyframes.want(now_ms)
