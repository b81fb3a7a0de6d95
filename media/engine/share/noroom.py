"""Leaves slots empty where a link has no room for the smallest picture while others have for a large one.

Owns: the rule of media/core/share/noroomrule.py for each publisher, and those slots. Must never touch a voice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from media.core.quality import ReceiverView
from media.core.share import GROUP_WATCHERS_MIN, NoRoomRule, NoRoomView
from media.engine.relay.inbound import InboundStream
from media.engine.relay.outbound import OutboundStream
from media.engine.relay.rooms import Member
from media.engine.share.pictureroom import picture_room_bps, slot_of

Receivers = list[tuple[Member, ReceiverView]]


class NoRoom:
    """See the module's docstring."""

    def __init__(self) -> None:
        self._rules: dict[InboundStream, NoRoomRule[OutboundStream]] = {}

    def consider(
        self, publisher: Member, receivers: Sequence[tuple[Member, ReceiverView]], now_ms: float
    ) -> Receivers:
        """Empty the slots of those left out, and fill them again; the receivers, who of them still watch."""
        large = publisher.uplink.video
        if large not in self._rules and len(receivers) < GROUP_WATCHERS_MIN:
            return list(receivers)  # a call of two leaves nobody out, and its rooms need no sum
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
        return [
            (viewer, replace(view, wants_video=False) if out in left_out else view)
            for out, (viewer, view) in zip(slots, receivers, strict=True)
        ]

    def forget(self, publisher: Member) -> None:
        """This leg is gone."""
        self._rules.pop(publisher.uplink.video, None)
