"""How far an estimate falls: to the rate that arrives, within bounds that depend on how certain the cause is.

Owns: the two falls, after a queue and after loss that grows with the rate. Pure functions; must never decide that
an estimate falls (delay.py and losshistory.py give the verdicts).
"""

from __future__ import annotations

from typing import NamedTuple

from media.core.estimate.congestion.rates import USABLE_SHARE

# After loss without a queue, no queue needs to drain, so the rate falls less.
LOSS_BACK_OFF = 0.9
# One fall after loss goes no lower than this share: it is enough to see whether sending less helps (losshistory.py
# compares with rates at least a fifth lower).
LOSS_LEAST_SHARE = 0.7
# The lowest share of one fall while everything arrives, or after a burst: the cause is then uncertain, since chance
# alone loses a fifth of the packets in some seconds.
COMES_THROUGH_BACK_OFF = 0.8
# If less than this share of the sent rate arrives, our own packets fill the link.
OURS_SHARE = 0.9
# After a burst, the link is assumed to be full at this share of the estimate.
BURST_CEILING_SHARE = 0.92
# Loss up to this ratio is attributed to the radio; a full queue drops far more.
RADIO_LOSS = 0.15
# The window of the received rate after a collapse; older packets say nothing about the collapsed link.
COLLAPSE_WINDOW_US = 400_000


class Flow(NamedTuple):
    """What was sent and what arrived in the last second, in bit/s, and the share of packets lost (0 to 1)."""

    sent_bps: float
    received_bps: float
    loss_ratio: float

    @property
    def arriving_share(self) -> float:
        """The share of packets that arrives if only the radio loses packets."""
        return 1 - min(RADIO_LOSS, self.loss_ratio)

    @property
    def comes_through(self) -> bool:
        """Whether everything arrives that the radio does not lose: our own packets do not fill the link."""
        return self.received_bps >= OURS_SHARE * self.arriving_share * self.sent_bps


class Fall(NamedTuple):
    """A rate to fall to (the estimate may be lower already), and the rate at which the link was full."""

    to_bps: float
    full_at_bps: float


def after_queue(estimate_bps: float, flow: Flow, *, burst: bool) -> Fall:
    """The fall after a queue; ``burst``: a short queue, or one that others cause."""
    arriving_share = flow.arriving_share
    to_bps = USABLE_SHARE * flow.received_bps / arriving_share
    if flow.comes_through or burst:
        to_bps = max(to_bps, COMES_THROUGH_BACK_OFF * estimate_bps)
    full_at_bps = max(to_bps, flow.received_bps / arriving_share)
    if burst:
        full_at_bps = max(full_at_bps, BURST_CEILING_SHARE * estimate_bps)
    return Fall(to_bps, full_at_bps)


def after_loss(estimate_bps: float, flow: Flow) -> Fall:
    """The fall after loss that grows with the rate."""
    arriving_share = flow.arriving_share
    to_bps = LOSS_BACK_OFF * flow.received_bps / arriving_share
    least_share = COMES_THROUGH_BACK_OFF if flow.comes_through else LOSS_LEAST_SHARE
    to_bps = max(to_bps, least_share * estimate_bps)
    return Fall(to_bps, max(to_bps, flow.received_bps / arriving_share))
