"""One leg as stills see it: its channel, its seat, and what is on its way down.

Owns: what this page has said hello to and was granted. Must never choose which stills it gets: exchange.py does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media.core.stills import NO_SLOT, Frame, Grant, StillSender, build
from media.engine.relay.rooms import Member

# A grant is a message: a change of pace by less than a fifth is not worth one.
GRANT_CHANGE = 0.2
# Beyond this the page's channel is stuck: our answers must not pile up.
BACKLOG_BYTES = 16_384


@dataclass(eq=False, slots=True)
class StillsPage:
    """See the module's docstring."""

    member: Member
    seat: str = ""
    ready: bool = False
    """The page has said hello on this leg's channel."""
    sender: StillSender = field(default_factory=StillSender)
    granted: Grant | None = None

    def begin(self, *, ready: bool) -> None:
        """Forget what was on its way down, and what was granted."""
        self.ready = ready
        self.sender = StillSender()
        self.granted = None

    def send(self, frames: Sequence[Frame]) -> bool:
        """Send these frames; False when the channel did not take all of them."""
        sent = True
        for frame in frames:
            if not self.member.leg.send_data(build(frame), BACKLOG_BYTES):
                self.member.leg.refused["data_backlog"] += 1
                sent = False
        return sent

    def grant(self, rate_bps: float, chunk_bytes: int) -> None:
        """How fast the page may send its own stills; sent when that matters and has changed."""
        before = self.granted
        if not self.ready:
            return
        if before is not None and abs(rate_bps - before.rate_bps) <= GRANT_CHANGE * before.rate_bps:
            return
        grant = Grant(round(rate_bps), chunk_bytes)
        if self.send([grant]):
            self.granted = grant

    def slot_of(self, source: StillsPage | None) -> int:
        """In which receive slot the page sees `source`."""
        if source is not None:
            for slot in self.member.downlink.slots:
                if slot.source_leg_id == source.member.leg.leg_id:
                    return slot.index
        return NO_SLOT
