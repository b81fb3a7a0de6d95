"""Leaves a slot without a picture if its link cannot carry the smallest one while others can carry a large one.

Owns: the rule of media/core/share/noroomrule.py for each publisher, and those slots. Must never touch a voice.
"""

from __future__ import annotations

from dataclasses import replace

from media.core.parameters import SendParameters
from media.core.share import GROUP_WATCHERS_MIN, NoRoomRule, NoRoomView
from media.engine.relay.inbound import InboundStream
from media.engine.relay.outbound import OutboundStream
from media.engine.relay.rooms import Member
from media.engine.share.pictureroom import picture_room_bps, slot_of
from media.engine.share.sharer import Plan


class NoRoom:
    """See the module's docstring."""

    def __init__(self) -> None:
        self._rules: dict[InboundStream, NoRoomRule[OutboundStream]] = {}

    def share(self, plan: Plan, now_ms: float) -> Plan:
        """Remove the picture from slots of receivers without room, and show it again when they have room."""
        publisher, receivers = plan.publisher, plan.receivers
        large = publisher.uplink.video
        if large not in self._rules and len(receivers) < GROUP_WATCHERS_MIN:
            return plan  # in a call of two people nobody is left out, and no sum of rates is needed
        slots = [slot_of(viewer, publisher) if view.wants_video else None for viewer, view in receivers]
        rooms_bps = {
            out: picture_room_bps(viewer, view)
            for out, (viewer, view) in zip(slots, receivers, strict=True)
            if out is not None
        }
        shown_small = {out for out in rooms_bps if out.source not in (large, None)}
        rule = self._rules.setdefault(large, NoRoomRule())
        left_out = rule.follow(now_ms, NoRoomView(rooms_bps, shown_small))
        for out in rooms_bps:
            if out in left_out and out.source is not None:
                out.attach(None)
            elif out not in left_out and out.source is None:
                out.attach(large)
                large.keyframes.want(now_ms)
        return plan.seen_as(
            [
                replace(view, wants_video=False) if out in left_out else view
                for out, view in zip(slots, plan.views, strict=True)
            ]
        )

    def asked(self, publisher: Member, parameters: SendParameters) -> None:
        """Not used here."""

    def forget(self, publisher: Member) -> None:
        """The publisher's leg has closed."""
        self._rules.pop(publisher.uplink.video, None)
