"""The legs that participants hold, as records: what the engine last said about each, and what each call took
so far.

Owns: `HeldLeg`, which leg is a participant's current one, and the room that a participant belongs in. Must
never ask the engine for anything (legs.py), nor tell a page (legnews.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media.core.parameters import SendParameters, SlotAssignment
from server.calls.callmeter import CallMeter
from signaling import messages as wire

UNMEASURED = wire.LinkQuality(level=0)


@dataclass(slots=True, eq=False)
class HeldLeg:
    """One leg and what the engine last said about it. Nothing is told to the page before its answer."""

    leg_id: str
    participant_id: str
    answered: bool = False
    state: str = "new"
    parameters: SendParameters | None = None
    slots: Sequence[SlotAssignment] | None = None
    quality: wire.LinkQuality = UNMEASURED
    link_told_at: float = float("-inf")
    audio_muted: bool = False
    video_muted: bool = False
    rungs: wire.Rungs | None = None
    stills: wire.PeriodicStills | None = None


@dataclass(slots=True)
class HeldLegs:
    """All of them.

    ``by_id``: every leg the engine has for us. ``current``: a participant's own. ``newest``: the one a
    participant offered last, which may not be answered yet. ``rooms``, ``shown_as``, ``meters``: of
    participants who belong in a room.
    """

    by_id: dict[str, HeldLeg] = field(default_factory=dict)
    current: dict[str, HeldLeg] = field(default_factory=dict)
    newest: dict[str, HeldLeg] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=dict)
    shown_as: dict[str, str] = field(default_factory=dict)
    meters: dict[str, CallMeter] = field(default_factory=dict)

    def leg_of(self, participant_id: str) -> str | None:
        """The id of a participant's leg."""
        leg = self.current.get(participant_id)
        return leg.leg_id if leg else None

    def connected(self, participant_id: str) -> bool:
        """Whether media can flow to and from a participant."""
        leg = self.current.get(participant_id)
        return leg is not None and leg.state == "connected"

    def quality(self, participant_id: str) -> wire.LinkQuality:
        """A participant's link; level 0 without a connected leg."""
        leg = self.current.get(participant_id)
        return leg.quality if leg is not None and leg.state == "connected" else UNMEASURED

    def muted(self, participant_id: str) -> tuple[bool, bool]:
        """Whether a participant has switched off audio, and video."""
        leg = self.current.get(participant_id)
        return (leg.audio_muted, leg.video_muted) if leg else (False, False)

    def rungs(self, participant_id: str) -> wire.Rungs | None:
        """Where a participant's leg stands; None while it shares no room."""
        leg = self.current.get(participant_id)
        return leg.rungs if leg else None

    def forget_rungs(self, participant_id: str) -> None:
        """The call is over, though the leg stays in its room: there is nobody to stand on a rung towards."""
        leg = self.current.get(participant_id)
        if leg is not None:
            leg.rungs = None

    def meter_of(self, leg: HeldLeg) -> CallMeter | None:
        """The meter of a call, if it is this leg's."""
        current = self.current.get(leg.participant_id)
        return self.meters.get(leg.participant_id) if current is leg else None

    def whose(self, leg_id: str) -> str | None:
        """What slots call the participant of a leg."""
        leg = self.by_id.get(leg_id)
        return self.shown_as.get(leg.participant_id, leg.participant_id) if leg else None
