"""When probe clusters of padding test one leg's downlink: warm, at the begin of a call, and in mid-call.

Owns: the moments, and whether the downlink is still unproven. Must never decide how a cluster is made
(media/core/probe) nor what it says (media/core/estimate).
"""

from __future__ import annotations

from media.core.probe import ENOUGH_BPS, CallProbing, call_cluster, warm_cluster
from media.core.quality import NEXT_LINK_BPS
from media.engine.relay.rooms import Member
from media.engine.relay.slot import Slot

# Until the first cluster the handshake's own packets drain; three clusters find a link ten times as fast as
# assumed; then 2.4 kB each half minute follow how it changes.
WAITS_MS = (1_000.0, 2_500.0, 2_500.0, 30_000.0)
# A call on a leg that nothing has measured begins with a 2G voice, until a probe cluster has come through, or
# for this long where none does.
UNPROVEN_BPS = 24_000
UNPROVEN_MS = 6_000.0
UNPROVEN_PROBE_MS = 3_000.0
# Where voice alone was chosen, a link thought to carry less than the best voice is tested: a stall must not leave
# it thin for ever.
FULL_VOICE_BPS = 70_000


class DownlinkProbing:
    """The probe clusters of one leg. All times are ms on the monotonic clock."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._next_ms = 0.0
        self._sent = 0
        self._in_call = CallProbing()
        self._unproven_until_ms = 0.0
        self._unproven = False

    def joined(self, now_ms: float) -> None:
        """Media begins."""
        self._unproven_until_ms = now_ms + UNPROVEN_MS
        self._unproven = not self._member.downlink.estimate.tested
        if self._unproven:
            self._next_ms = now_ms

    def begins(self, now_ms: float) -> bool:
        """Whether the call is so young that what nothing has measured is not trusted yet."""
        return now_ms < self._unproven_until_ms

    def trusted_bps(self) -> float:
        """As much of the estimate of the downlink as is trusted."""
        estimate_bps = self._member.downlink.estimate.estimate_bps
        return min(estimate_bps, UNPROVEN_BPS) if self._unproven else estimate_bps

    def tend_warm(self, now_ms: float) -> None:
        """Measure a warm leg's rate, so that a call starts with what its link can carry."""
        if now_ms < self._next_ms:
            return
        if self._sent:
            downlink = self._member.downlink
            downlink.probe(warm_cluster(downlink.estimate.cluster_bps), now_ms)
        self._next_ms = now_ms + WAITS_MS[min(self._sent, len(WAITS_MS) - 1)]
        self._sent += 1

    def tend_call(self, now_ms: float) -> None:
        """Test at once what is only assumed; then now and then whether there is room for a picture that waits."""
        member = self._member
        downlink, estimate = member.downlink, member.downlink.estimate
        self._unproven = not estimate.tested and self.begins(now_ms)
        if self._unproven:
            if now_ms >= self._next_ms:
                self._next_ms = now_ms + UNPROVEN_PROBE_MS
                downlink.probe(warm_cluster(None), now_ms)
            return
        if self._in_call.due(
            now_ms,
            wanted_bps=self._wanted_bps(now_ms),
            estimate_bps=estimate.estimate_bps,
            queue_ms=estimate.queue_ms,
            loss_ratio=estimate.loss_ratio,
        ):
            downlink.probe(call_cluster(estimate.estimate_bps), now_ms)

    def _wanted_bps(self, now_ms: float) -> float:
        """The link that has room for what waits for it."""
        if not self._member.wants_video:
            return FULL_VOICE_BPS
        downlink = self._member.downlink
        if downlink.estimate.silent:
            return 0.0
        if any(_picture_waits(slot, now_ms) for slot in downlink.slots):
            return ENOUGH_BPS
        limit_bps = downlink.estimate.limit_bps
        if limit_bps is not None and limit_bps < NEXT_LINK_BPS:
            return 0.0  # beside a picture a cluster is easily bunched: it does not contradict what is known
        sources = [slot.video.source for slot in downlink.slots]
        return NEXT_LINK_BPS if any(source is not None and source.held_back for source in sources) else 0.0


def _picture_waits(slot: Slot, now_ms: float) -> bool:
    """Whether somebody is in this slot whose picture could come: paused, or left out for want of room."""
    source = slot.video.source
    if source is None:
        return slot.source_leg_id is not None
    return not source.muted and not source.stats.rate_bps(now_ms)
