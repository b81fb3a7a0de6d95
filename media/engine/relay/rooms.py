"""Who is on a call with whom: rooms of legs, and whose media goes into whose receive slots.

Owns: membership and slot assignment; a slot, once given, stays with its source until that leaves. Must never
touch a packet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from media.core.parameters import SlotAssignment
from media.core.quality import WARM_SIDE, Side
from media.engine.relay.downlink import Downlink
from media.engine.relay.uplink import Uplink
from media.engine.transport.leg import Leg

# A group session of the programme; also what one publisher's encoding can sensibly serve.
ROOM_MAX_LEGS = 8


@dataclass(eq=False)
class Member:
    """A leg with its two directions, as a room sees it."""

    leg: Leg
    uplink: Uplink
    downlink: Downlink
    room: Room | None = None
    wants_video: bool = True
    # Where this leg stands, for the reports of the others; its control keeps it up to date.
    side: Side = WARM_SIDE

    def watch_pictures(self, wants_video: bool) -> None:
        """Let pictures flow to this leg from now on, or none."""
        if self.wants_video != wants_video:
            self.wants_video = wants_video
            if self.room is not None:
                self.room.watch(self)


@dataclass(eq=False)
class Room:
    """The legs of one call, in the order in which they came."""

    room_id: str
    members: list[Member] = field(default_factory=list)

    def join(self, member: Member) -> list[Member]:
        """Bring `member` in. Returns the members whose slots have changed, `member` included.

        Raises ValueError when the room is full.
        """
        if member in self.members:
            return []
        if len(self.members) >= ROOM_MAX_LEGS:
            raise ValueError("the room is full")
        others = list(self.members)
        self.members.append(member)
        member.room = self
        for other in others:
            _show(other, member)
            _show(member, other)
        return [member, *others]

    def part(self, member: Member) -> list[Member]:
        """Take `member` out. Returns the members whose slots have changed, `member` included."""
        if member not in self.members:
            return []
        self.members.remove(member)
        member.room = None
        for slot in member.downlink.slots:
            slot.clear()
        changed = [member]
        for other in self.members:
            for slot in other.downlink.slots:
                if slot.source_leg_id == member.leg.leg_id:
                    slot.clear()
                    changed.append(other)
            self._fill(other)
        return changed

    def watch(self, member: Member) -> None:
        """Let pictures flow to `member`, or no longer, by its ``wants_video``; voices always do."""
        by_id = {source.leg.leg_id: source for source in self.members}
        for slot in member.downlink.slots:
            source = by_id.get(slot.source_leg_id or "") if member.wants_video else None
            slot.video.attach(source.uplink.video if source else None)

    def _fill(self, viewer: Member) -> None:
        """Give slots that have become free to members who had found none."""
        shown = {slot.source_leg_id for slot in viewer.downlink.slots}
        for source in self.members:
            if source is not viewer and source.leg.leg_id not in shown:
                _show(viewer, source)


def assignments(member: Member) -> list[SlotAssignment]:
    """The slots of a member, in the form in which its page is told."""
    return [
        SlotAssignment(slot.index, slot.audio_mid, slot.video_mid, slot.source_leg_id)
        for slot in member.downlink.slots
    ]


def _show(viewer: Member, source: Member) -> None:
    for slot in viewer.downlink.slots:
        if slot.source_leg_id is None:
            video = source.uplink.video if viewer.wants_video else None
            slot.show(source.leg.leg_id, source.uplink.audio, video)
            return
