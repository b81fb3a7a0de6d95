"""The rate of a downlink that the voices leave for pictures; each voice counts at its current rate.

Owns: that sum. In a group with a thin link, the voices are encoded for that link: two of them take hardly more than
one good voice. Must never decide what uses this rate.
"""

from __future__ import annotations

from dataclasses import replace

from media.core.quality import WARM_SIDE, ReceiverView
from media.core.repair import voice_wire_bps
from media.core.share import VOICES_HEARD
from media.engine.relay.outbound import OutboundStream
from media.engine.relay.rooms import Member


def picture_room_bps(viewer: Member, view: ReceiverView) -> float:
    """The rate in bit/s on the wire on the downlink of `viewer`; negative if not even the voices fit."""
    others = viewer.room.members if viewer.room is not None else []
    sides = {other.leg.leg_id: other.side for other in others}
    voices_bps = [
        voice_wire_bps(
            replace(sides.get(slot.source_leg_id or "", WARM_SIDE).sends.audio, red=slot.audio.use_red)
        )
        for slot in viewer.downlink.slots
        if slot.audio.active
    ]
    if viewer.downlink.voices is not None:
        voices_bps = sorted(voices_bps, reverse=True)[:VOICES_HEARD]  # the loudest, which may be any of them
    return view.estimate_bps - sum(voices_bps)


def slot_of(viewer: Member, publisher: Member) -> OutboundStream | None:
    """The stream in which `viewer` sees `publisher`."""
    for slot in viewer.downlink.slots:
        if slot.source_leg_id == publisher.leg.leg_id:
            return slot.video
    return None
