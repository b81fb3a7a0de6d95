"""One leg in the exchange of stills: its channel, its seat, and the still in transfer to it.

Owns: whether the page has sent its hello, and the rate that it was granted. Must never choose which stills the page
gets: exchange.py does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media.core.stills import NO_SLOT, Frame, Grant, StillSender, build
from media.engine.relay.rooms import Member

# A change of the rate by less than this is not worth a message.
GRANT_CHANGE = 0.2
# With a larger backlog the page's channel is stuck, and nothing more is queued.
BACKLOG_BYTES = 16_384


@dataclass(eq=False, slots=True)
class StillsPage:
    """See the module's docstring."""

    member: Member
    seat: str = ""
    ready: bool = False
    """The page has sent its hello on this leg's channel."""
    sender: StillSender = field(default_factory=StillSender)
    granted: Grant | None = None

    def begin(self, *, ready: bool) -> None:
        """Forget the transfer to the page and the granted rate."""
        self.ready = ready
        self.sender = StillSender()
        self.granted = None

    def send(self, frames: Sequence[Frame]) -> bool:
        """Send these frames; False if the channel did not accept all of them."""
        sent = True
        for frame in frames:
            if not self.member.leg.send_data(build(frame), BACKLOG_BYTES):
                self.member.leg.refused["data_backlog"] += 1
                sent = False
        return sent

    def grant(self, rate_bps: float, chunk_bytes: int) -> None:
        """Grant the page a rate for its own stills; it is sent if the page needs to know a change."""
        before = self.granted
        if not self.ready:
            return
        if before is not None and abs(rate_bps - before.rate_bps) <= GRANT_CHANGE * before.rate_bps:
            return
        grant = Grant(round(rate_bps), chunk_bytes)
        if self.send([grant]):
            self.granted = grant

    def slot_of(self, source: StillsPage | None) -> int:
        """The receive slot in which the page sees `source`."""
        if source is not None:
            for slot in self.member.downlink.slots:
                if slot.source_leg_id == source.member.leg.leg_id:
                    return slot.index
        return NO_SLOT
