"""The slots that show a lower copy: one transcoded copy for each publisher, shared by every slot that needs it.

Owns: the copies of the engine, the rate of each receiver's link for them, and the call of the rule in
media/core/share/copyrule.py. Must never decide which slot needs a copy: the rule does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from media.core.parameters import SendParameters
from media.core.quality import PACE_SHARE, VideoSteps
from media.core.rtp import Codec
from media.core.share import COPY_MAX_BPS, CopyView, LowerCopyRule, SourceView, Target, small_picture_for
from media.engine.copies.copystream import CopyStream
from media.engine.copies.pool import DownscalerPool
from media.engine.relay.inbound import InboundStream
from media.engine.relay.outbound import OutboundStream
from media.engine.relay.rooms import Member
from media.engine.share.pictureroom import picture_room_bps, slot_of
from media.engine.share.sharer import Plan

# A page sends transport-wide feedback several times a second. A page that is silent for this long has gone, or a
# new leg will replace its leg (a reload leaves the old leg in the room for a moment): no copy is started for it.
SILENT_MS = 1_500.0


@dataclass(slots=True)
class _Slot:
    """One slot that shows a publisher's picture; ``target``: the copy that its link can carry."""

    source: InboundStream
    rule: LowerCopyRule = field(default_factory=LowerCopyRule)
    steps: VideoSteps = field(default_factory=VideoSteps)
    target: Target | None = None

    def follow(self, now_ms: float, view: CopyView) -> Target | None:
        """The copy that this slot needs; None: the slot shows the original."""
        was_on = self.rule.on
        if not self.rule.follow(now_ms, view):
            return None
        target_bps = min(COPY_MAX_BPS, PACE_SHARE * view.room_bps)
        if was_on:
            self.steps.follow(target_bps, now_ms)
        else:
            self.steps.start(target_bps, now_ms)
        height, framerate = small_picture_for(self.steps.bitrate_bps)
        return Target(height, framerate, self.steps.bitrate_bps)


class LowerCopies:
    """See the module's docstring. `new_ssrc` gives an unused SSRC."""

    def __init__(self, pool: DownscalerPool, new_ssrc: Callable[[], int]) -> None:
        self._pool = pool
        self._new_ssrc = new_ssrc
        self._copies: dict[InboundStream, CopyStream] = {}
        self._slots: dict[OutboundStream, _Slot] = {}
        self._asked_bps: dict[InboundStream, float] = {}
        self._refused: set[InboundStream] = set()  # sources whose frames crashed workers

    def share(self, plan: Plan, now_ms: float) -> Plan:
        """Show the copy in slots, or the original again, as the rule decides.

        A receiver that gets the copy because its link is much thinner no longer limits the source, while another
        receiver still sees the original. A receiver that gets the copy because the source exceeds its parameters
        still limits it: the source may still follow them.
        """
        publisher = plan.publisher
        source = publisher.uplink.video
        watching = [
            (viewer, picture_room_bps(viewer, view))
            for viewer, view in plan.receivers
            if view.wants_video and now_ms - viewer.leg.heard_at_s * 1000 < SILENT_MS
        ]
        if not source.muted and source.stats.packets:
            sends = SourceView(self._asked_bps.get(source, 0.0), source.stats.rate_bps(now_ms))
            rooms_bps = [room_bps for _, room_bps in watching]
            for viewer, room_bps in watching:
                out = slot_of(viewer, publisher)
                if out is not None:
                    self._follow(out, source, CopyView(room_bps, rooms_bps, sends), now_ms)
        return self._without_exempt(plan)

    def asked(self, publisher: Member, parameters: SendParameters) -> None:
        """The publisher got these parameters."""
        video = parameters.video
        self._asked_bps[publisher.uplink.video] = float(video.max_bitrate_bps) if video.active else 0.0

    def forget(self, publisher: Member) -> None:
        """The publisher's leg has closed."""
        source = publisher.uplink.video
        self._asked_bps.pop(source, None)
        self._refused.discard(source)
        copy = self._copies.pop(source, None)
        if copy is not None:
            copy.close()

    def tidy(self, now_ms: float) -> None:
        """Forget slots that no longer show their copy, and copies that nobody watches."""
        for out, slot in list(self._slots.items()):
            if out.source is not slot.source and not self._watches_copy(out, slot.source):
                del self._slots[out]
        for source, copy in list(self._copies.items()):
            if copy.broken:
                self._refused.add(source)
            if copy.unavailable or not copy.active:
                copy.close()
                del self._copies[source]
            else:
                copy.poll(now_ms)
        self._pool.tidy()

    async def close(self) -> None:
        """End every copy and every worker."""
        for copy in self._copies.values():
            copy.close()
        self._copies.clear()
        await self._pool.close()

    def _follow(self, out: OutboundStream, source: InboundStream, view: CopyView, now_ms: float) -> None:
        """Show the original or the copy of `source` in this slot, as the rule decides."""
        slot = self._slots.get(out)
        if slot is None or slot.source is not source:
            slot = self._slots[out] = _Slot(source)
        was_on = slot.rule.on
        target = slot.follow(now_ms, view)
        if target is not None:
            self._show_copy(out, slot, target)
        elif was_on:
            self._show_original(out, slot)

    def _show_copy(self, out: OutboundStream, slot: _Slot, target: Target) -> None:
        """Show the copy if the receiver's page supports VP8 and a worker is free."""
        source = slot.source
        if Codec.VP8 not in out.payload_types or source in self._refused:
            return
        copy = self._copies.get(source)
        if copy is None:
            if not self._pool.has_room:
                return
            copy = self._copies[source] = CopyStream(source, self._pool, self._new_ssrc(), target)
        slot.target = target
        if out.source is not copy.stream:
            copy.attach(out)
        self._fit(copy)

    def _show_original(self, out: OutboundStream, slot: _Slot) -> None:
        slot.target = None
        copy = self._copies.get(slot.source)
        if copy is not None:
            copy.detach(out)
            self._fit(copy)

    def _fit(self, copy: CopyStream) -> None:
        """Encode the copy for the thinnest of its receivers."""
        targets = [
            slot.target
            for out, slot in self._slots.items()
            if out.source is copy.stream and slot.target is not None
        ]
        if targets:
            copy.set_target(min(targets, key=lambda target: target.bitrate_bps))

    def _without_exempt(self, plan: Plan) -> Plan:
        """The plan without the receivers that need not limit the source, as long as others remain."""
        copy = self._copies.get(plan.publisher.uplink.video)
        if copy is None or not copy.active:
            return plan
        views = [
            replace(view, wants_video=False) if self._is_exempt(viewer, plan.publisher, copy) else view
            for viewer, view in plan.receivers
        ]
        return plan.seen_as(views) if any(view.wants_video for view in views) else plan

    def _is_exempt(self, viewer: Member, publisher: Member, copy: CopyStream) -> bool:
        """Whether this receiver of the copy need not limit the source."""
        out = slot_of(viewer, publisher)
        if out is None or out.source is not copy.stream:
            return False
        slot = self._slots.get(out)
        return slot is not None and slot.rule.unlike

    def _watches_copy(self, out: OutboundStream, source: InboundStream) -> bool:
        copy = self._copies.get(source)
        return copy is not None and out.source is copy.stream
