"""The slots that show the small picture of a publisher with two pictures, and the parameters of the small one.

Owns: the rule of media/core/share/simulcastrule.py for each publisher, and switching slots between both streams.
Must never decide which slot gets which stream: the rule does. Steering sets the bitrate of the large picture and
sees only its receivers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from media.core.parameters import SendParameters, VideoSend
from media.core.quality import PublisherView, ReceiverView, common_codec
from media.core.share import SimulcastRule, SimulcastView, small_video
from media.engine.relay.inbound import InboundStream
from media.engine.relay.outbound import OutboundStream
from media.engine.relay.rooms import Member
from media.engine.share.pictureroom import picture_room_bps, slot_of
from media.engine.share.sharer import NO_SMALL_PICTURE, Plan


@dataclass(slots=True)
class _Source:
    rule: SimulcastRule[OutboundStream] = field(default_factory=SimulcastRule)
    asked: bool = False


class Simulcast:
    """See the module's docstring."""

    def __init__(self) -> None:
        self._sources: dict[InboundStream, _Source] = {}

    def share(self, plan: Plan, now_ms: float) -> Plan:
        """Give each slot the stream that the rule selects; the returned plan has the large picture's receivers."""
        publisher, receivers = plan.publisher, plan.receivers
        small = publisher.uplink.low
        if small is None:
            return plan
        source = self._sources.setdefault(small, _Source())
        slots = [slot_of(member, publisher) if view.wants_video else None for member, view in receivers]
        watching = {out: view for out, view in zip(slots, plan.views, strict=True) if out is not None}
        rooms_bps = {
            out: picture_room_bps(member, view)
            for out, (member, view) in zip(slots, receivers, strict=True)
            if out is not None
        }
        flows = source.asked and not small.muted and small.stats.rate_bps(now_ms) > 0
        unanswered = source.asked and not small.muted and not flows
        source.rule.follow(now_ms, SimulcastView(rooms_bps, plan.uplink, unanswered=unanswered))
        served = source.rule.served
        for out in watching:
            _show(out, publisher.uplink.video, small, small_fits=flows and out in served, now_ms=now_ms)
        views = [
            replace(view, wants_video=False) if out is not None and out.source is small else view
            for out, view in zip(slots, plan.views, strict=True)
        ]
        wanted = _small_picture(source.rule, small, [view for out, view in watching.items() if out in served])
        return replace(plan.seen_as(views), small=wanted)

    def asked(self, publisher: Member, parameters: SendParameters) -> None:
        """The publisher got these parameters."""
        source = self._sources.get(publisher.uplink.low) if publisher.uplink.low is not None else None
        if source is not None:
            source.asked = parameters.low.active

    def forget(self, publisher: Member) -> None:
        """The publisher's leg has closed."""
        if publisher.uplink.low is not None:
            self._sources.pop(publisher.uplink.low, None)


def _small_picture(
    rule: SimulcastRule[OutboundStream], small: InboundStream, served: Sequence[ReceiverView]
) -> VideoSend:
    """The parameters of the publisher's small picture."""
    codec = common_codec(PublisherView(codecs=tuple(entry.value for entry in small.codecs.values())), served)
    return small_video(rule.bitrate_bps, codec) if served and codec is not None else NO_SMALL_PICTURE


def _show(
    out: OutboundStream, large: InboundStream, small: InboundStream, *, small_fits: bool, now_ms: float
) -> None:
    """Change the slot's stream; the slot continues with the next keyframe, which is requested at once."""
    if small_fits == (out.source is small):
        return
    chosen = small if small_fits else large
    out.attach(chosen)
    chosen.keyframes.want(now_ms)
