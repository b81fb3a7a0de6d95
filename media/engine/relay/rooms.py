"""Rooms of legs, and the assignment of publishers to receive slots.

Owns: membership and slot assignment; a slot keeps its source until the source leaves. Must never touch a packet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from media.core.parameters import SlotAssignment
from media.core.quality import WARM_SIDE, Side
from media.engine.relay.downlink import Downlink
from media.engine.relay.uplink import Uplink
from media.engine.transport.leg import Leg

# The size of a group session of the programme; one publisher's encoding suits no larger group.
ROOM_MAX_LEGS = 8


@dataclass(eq=False)
class Member:
    """A leg with its two directions, as a room sees it."""

    leg: Leg
    uplink: Uplink
    downlink: Downlink
    room: Room | None = None
    wants_video: bool = True
    # What decides this leg's rung, for the others' reports; its control keeps it up to date.
    side: Side = WARM_SIDE

    def watch_pictures(self, wants_video: bool) -> None:
        """Forward pictures to this leg from now on, or none."""
        if self.wants_video != wants_video:
            self.wants_video = wants_video
            if self.room is not None:
                self.room.watch(self)


@dataclass(eq=False)
class Room:
    """The legs of one call, in the order in which they joined."""

    room_id: str
    members: list[Member] = field(default_factory=list)

    def join(self, member: Member) -> list[Member]:
        """Add `member`. Returns the members whose slots have changed, `member` included.

        Raises ValueError if the room is full.
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
        """Remove `member`. Returns the members whose slots have changed, `member` included."""
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
        """Forward pictures to `member`, or none, according to its ``wants_video``; voices are always forwarded."""
        by_id = {source.leg.leg_id: source for source in self.members}
        for slot in member.downlink.slots:
            source = by_id.get(slot.source_leg_id or "") if member.wants_video else None
            slot.video.attach(source.uplink.video if source else None)

    def _fill(self, viewer: Member) -> None:
        """Give free slots of `viewer` to members without a slot there."""
        shown = {slot.source_leg_id for slot in viewer.downlink.slots}
        for source in self.members:
            if source is not viewer and source.leg.leg_id not in shown:
                _show(viewer, source)


def assignments(member: Member) -> list[SlotAssignment]:
    """The slots of a member, for the message to its page."""
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
