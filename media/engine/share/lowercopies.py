"""Which slots show a lower copy now: one copy a publisher, shared by every slot that needs it.

Owns: the copies of the engine, what each viewer's link wants of them, and the call to the rule in
media/core/share/copyrule.py. Must never decide by itself who needs a copy: that is the rule's, or the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from media.core.parameters import SendParameters
from media.core.quality import PACE_SHARE, ReceiverView, VideoSteps
from media.core.rtp import Codec
from media.core.share import COPY_MAX_BPS, CopyView, LowerCopyRule, SourceView, Target, small_picture_for
from media.engine.copies.copystream import LowerCopy
from media.engine.copies.downscaler import DownscalerPool
from media.engine.relay.inbound import InboundStream
from media.engine.relay.outbound import OutboundStream
from media.engine.relay.rooms import Member
from media.engine.share.pictureroom import picture_room_bps, slot_of

# A page reports ten times a second; one that is silent for so long has gone or is about to be replaced (a reload
# leaves its old leg in the room for a moment), and nothing is begun for it.
SILENT_MS = 1_500.0


class LowerCopies:
    """See the module's docstring. `new_ssrc` gives an SSRC that is nobody's yet."""

    def __init__(self, pool: DownscalerPool, new_ssrc: Callable[[], int]) -> None:
        self._pool = pool
        self._new_ssrc = new_ssrc
        self._copies: dict[InboundStream, LowerCopy] = {}
        self._targets: dict[OutboundStream, Target] = {}
        self._by_rule: dict[OutboundStream, tuple[InboundStream, LowerCopyRule, VideoSteps]] = {}
        self._asked_bps: dict[InboundStream, float] = {}
        self._refused: set[InboundStream] = set()  # sources that brought workers down

    def room_lower_copy(self, publisher: Member) -> LowerCopy | None:
        """The copy of this publisher's picture, None while nobody needs one."""
        return self._copies.get(publisher.uplink.video)

    def use(self, viewer: Member, publisher: Member, target: Target | None) -> bool:
        """Show `viewer` the copy, made so that it fits `target` (None: the original again).

        False when there is nothing to show it in, the viewer's page has no VP8, or no worker has room.
        """
        out = slot_of(viewer, publisher)
        if out is None:
            return False
        source = publisher.uplink.video
        copy = self._copies.get(source)
        if target is None:
            self._targets.pop(out, None)
            if copy is not None:
                copy.detach(out)
                self._fit(copy)
            return True
        if Codec.VP8 not in out.payload_types or source in self._refused:
            return False
        if copy is None:
            if not self._pool.has_room:
                return False
            copy = self._copies[source] = LowerCopy(source, self._pool, self._new_ssrc(), target)
        self._targets[out] = target
        if out.source is not copy.stream:
            copy.attach(out)
        self._fit(copy)
        return True

    # The rule --------------------------------------------------------------------------------------------

    def told(self, publisher: Member, parameters: SendParameters) -> None:
        """What this publisher was asked for."""
        video = parameters.video
        self._asked_bps[publisher.uplink.video] = float(video.max_bitrate_bps) if video.active else 0.0

    def consider(
        self, publisher: Member, receivers: Sequence[tuple[Member, ReceiverView]], now_ms: float
    ) -> list[ReceiverView]:
        """Give and take the copy as the rule says; the views that the publisher is to be steered by.

        Who watches the copy because of a thin link no longer holds the source down, as long as somebody watches
        the original. A source that does not listen is still told what its viewers can take: it may learn to.
        """
        source = publisher.uplink.video
        watching = [
            (viewer, picture_room_bps(viewer, view))
            for viewer, view in receivers
            if view.wants_video and now_ms - viewer.leg.heard_at_s * 1000 < SILENT_MS
        ]
        if not source.muted and source.stats.packets:
            shown = SourceView(self._asked_bps.get(source, 0.0), source.stats.rate_bps(now_ms))
            rooms_bps = [room_bps for _, room_bps in watching]
            for viewer, room_bps in watching:
                self._apply(viewer, publisher, now_ms, source=shown, room_bps=room_bps, rooms_bps=rooms_bps)
        return self._views(publisher, receivers)

    def _apply(
        self,
        viewer: Member,
        publisher: Member,
        now_ms: float,
        *,
        source: SourceView,
        room_bps: float,
        rooms_bps: list[float],
    ) -> None:
        out = slot_of(viewer, publisher)
        if out is None:
            return
        held = self._by_rule.get(out)
        if held is None or held[0] is not publisher.uplink.video:
            held = self._by_rule[out] = (publisher.uplink.video, LowerCopyRule(), VideoSteps())
        _, rule, steps = held
        was_on = rule.on
        wanted = rule.follow(now_ms, CopyView(room_bps, rooms_bps, source))
        target_bps = min(COPY_MAX_BPS, PACE_SHARE * room_bps)
        if wanted and not was_on:
            steps.start(target_bps, now_ms)
        elif wanted:
            steps.follow(target_bps, now_ms)
        if wanted:
            height, framerate = small_picture_for(steps.bitrate_bps)
            self.use(viewer, publisher, Target(height, framerate, steps.bitrate_bps))
        elif was_on:
            self.use(viewer, publisher, None)

    def _views(
        self, publisher: Member, receivers: Sequence[tuple[Member, ReceiverView]]
    ) -> list[ReceiverView]:
        copy = self._copies.get(publisher.uplink.video)
        if copy is None or not copy.active:
            return [view for _, view in receivers]
        views = [
            replace(view, wants_video=False) if self._spared(viewer, publisher, copy) else view
            for viewer, view in receivers
        ]
        if any(view.wants_video for view in views):
            return views
        return [view for _, view in receivers]

    def _spared(self, viewer: Member, publisher: Member, copy: LowerCopy) -> bool:
        """Whether the source need not fit this viewer's link."""
        out = slot_of(viewer, publisher)
        if out is None or out.source is not copy.stream:
            return False
        held = self._by_rule.get(out)
        return held is None or not held[1].on or held[1].unlike

    # Housekeeping ------------------------------------------------------------------------------------------

    def tidy(self, now_ms: float) -> None:
        """Forget slots that show something else by now, and copies that nobody watches."""
        for out in [out for out in self._targets if not self._shows_copy(out)]:
            del self._targets[out]
        for out in [
            out for out, (source, _, _) in self._by_rule.items() if not _shows(out, source, self._copies)
        ]:
            del self._by_rule[out]
        for source, copy in list(self._copies.items()):
            if copy.broken:
                self._refused.add(source)
            if copy.unavailable or not copy.active:
                copy.close()
                del self._copies[source]
            else:
                copy.poll(now_ms)
        self._pool.tidy()

    def forget(self, publisher: Member) -> None:
        """This leg is gone."""
        source = publisher.uplink.video
        self._asked_bps.pop(source, None)
        self._refused.discard(source)
        copy = self._copies.pop(source, None)
        if copy is not None:
            copy.close()

    async def close(self) -> None:
        """End every copy and every worker."""
        for copy in self._copies.values():
            copy.close()
        self._copies.clear()
        await self._pool.close()

    def _fit(self, copy: LowerCopy) -> None:
        """Make the copy so that the thinnest of its viewers can take it."""
        targets = [self._targets[out] for out in self._targets if out.source is copy.stream]
        if targets:
            least = min(targets, key=lambda target: target.bitrate_bps)
            copy.set_target(bitrate_bps=least.bitrate_bps, framerate=least.framerate, height=least.height)

    def _shows_copy(self, out: OutboundStream) -> bool:
        return any(out.source is copy.stream for copy in self._copies.values())


def _shows(out: OutboundStream, source: InboundStream, copies: dict[InboundStream, LowerCopy]) -> bool:
    copy = copies.get(source)
    return out.source is source or (copy is not None and out.source is copy.stream)
