"""When probe clusters measure one leg's downlink: while the leg is warm, at the start of a call, and in mid-call.

Owns: the times of probing, and whether the downlink is still unproven. Must never make a cluster
(media/core/probe) or judge it (media/core/estimate).
"""

from __future__ import annotations

from media.core.probe import ENOUGH_BPS, CallProbing, call_cluster, warm_cluster
from media.core.quality import NEXT_LINK_BPS
from media.engine.relay.rooms import Member
from media.engine.relay.slot import Slot

# The first wait lets the packets of the handshake drain. Three clusters find a link ten times as fast as assumed.
# After that, 2.4 kB every half minute follow its changes.
WAITS_MS = (1_000.0, 2_500.0, 2_500.0, 30_000.0)
# A call on an unmeasured leg starts with a voice for 2G, until a probe cluster has arrived, or for a limited time
# if none arrives.
UNPROVEN_BPS = 24_000
UNPROVEN_MS = 6_000.0
UNPROVEN_PROBE_MS = 3_000.0
# In a call with voice only, a link with a lower estimate than the best voice is probed: a stall must not keep the
# voice thin for ever.
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
        """The leg has joined a call."""
        self._unproven_until_ms = now_ms + UNPROVEN_MS
        self._unproven = not self._member.downlink.estimate.tested
        if self._unproven:
            self._next_ms = now_ms

    def begins(self, now_ms: float) -> bool:
        """Whether the call has just started, so that unmeasured estimates are not trusted yet."""
        return now_ms < self._unproven_until_ms

    def trusted_bps(self) -> float:
        """The trusted part of the downlink's estimate."""
        estimate_bps = self._member.downlink.estimate.estimate_bps
        return min(estimate_bps, UNPROVEN_BPS) if self._unproven else estimate_bps

    def tend_warm(self, now_ms: float) -> None:
        """Measure the downlink of a warm leg, so that a call starts with the right rate."""
        if now_ms < self._next_ms:
            return
        if self._sent:
            downlink = self._member.downlink
            downlink.probe(warm_cluster(downlink.estimate.cluster_bps), now_ms)
        self._next_ms = now_ms + WAITS_MS[min(self._sent, len(WAITS_MS) - 1)]
        self._sent += 1

    def tend_call(self, now_ms: float) -> None:
        """Probe an assumed estimate at once; later, probe at intervals for the rate of a waiting picture."""
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
        """The rate that the waiting media need."""
        if not self._member.wants_video:
            return FULL_VOICE_BPS
        downlink = self._member.downlink
        if downlink.estimate.silent:
            return 0.0
        if any(_picture_waits(slot, now_ms) for slot in downlink.slots):
            return ENOUGH_BPS
        limit_bps = downlink.estimate.limit_bps
        if limit_bps is not None and limit_bps < NEXT_LINK_BPS:
            return 0.0  # next to a picture a cluster is easily bunched: it must not contradict the estimate
        sources = [slot.video.source for slot in downlink.slots]
        return NEXT_LINK_BPS if any(source is not None and source.held_back for source in sources) else 0.0


def _picture_waits(slot: Slot, now_ms: float) -> bool:
    """Whether the participant in this slot has a picture that is paused or left out because of the rate."""
    source = slot.video.source
    if source is None:
        return slot.source_leg_id is not None
    return not source.muted and not source.stats.rate_bps(now_ms)
