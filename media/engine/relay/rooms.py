"""Who is on a call with whom: rooms of legs, and whose media goes into whose receive slots.

Owns: membership and slot assignment; a slot, once given, stays with its source until that leaves. Must never
touch a packet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from media.core.parameters import SlotAssignment
from media.core.quality import WARM_SIDE, Side
from media.engine.relay.downlink import Downlink, Slot
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
    # Where this leg stands, for the reports of the others; control.py keeps it up to date.
    side: Side = WARM_SIDE


@dataclass(eq=False)
class Room:
    """The legs of one call, in the order in which they came."""

    room_id: str
    members: list[Member] = field(default_factory=list)

    def join(self, member: Member) -> list[Member]:
        """Bring `member` in; the members whose slots have changed, `member` included.

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
        """Take `member` out; the members whose slots have changed, `member` included."""
        if member not in self.members:
            return []
        self.members.remove(member)
        member.room = None
        for slot in member.downlink.slots:
            _clear(slot)
        changed = [member]
        for other in self.members:
            for slot in other.downlink.slots:
                if slot.source_leg_id == member.leg.leg_id:
                    _clear(slot)
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
    """The slots of a member, as the page is told them."""
    return [
        SlotAssignment(slot.index, slot.audio_mid, slot.video_mid, slot.source_leg_id)
        for slot in member.downlink.slots
    ]


def _show(viewer: Member, source: Member) -> None:
    for slot in viewer.downlink.slots:
        if slot.source_leg_id is None:
            slot.source_leg_id = source.leg.leg_id
            slot.audio.attach(source.uplink.audio)
            if viewer.wants_video:
                slot.video.attach(source.uplink.video)
            return


def _clear(slot: Slot) -> None:
    slot.source_leg_id = None
    slot.audio.attach(None)
    slot.video.attach(None)
