"""Records of the participants' legs: the engine's last reports about each leg, and the use of each call so far.

Owns: `HeldLeg`, each participant's current leg, and the room of each participant. Must never call the engine
(legs.py does), nor tell a page anything (legnotices.py does).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media.core.parameters import SendParameters, SlotAssignment
from server.calls.callmeter import CallMeter
from signaling import messages as wire

UNMEASURED = wire.LinkQuality(level=0)
# Messages pass, and no voice: a leg that never connects, as its page sees it.
BLOCKED = wire.LinkQuality(level=0, blocked=True)
# Of a microphone, and of a camera; None: there is none.
Faults = tuple[wire.DeviceFault | None, wire.DeviceFault | None]


@dataclass(slots=True, eq=False)
class HeldLeg:
    """One leg and the engine's last reports about it. The page gets its answer before any of them."""

    leg_id: str
    participant_id: str
    # The HTTP session of the page that offered it: the leg ends with that one, whatever becomes of the socket.
    sign_in: str = ""
    answered: bool = False
    state: str = "new"
    blocked: bool = False
    parameters: SendParameters | None = None
    slots: Sequence[SlotAssignment] | None = None
    quality: wire.LinkQuality = UNMEASURED
    link_told_at: float = float("-inf")
    rungs: wire.Rungs | None = None
    stills: wire.PeriodicStills | None = None


@dataclass(slots=True)
class HeldLegs:
    """The records of all legs.

    ``by_id``: every leg in the engine. ``current``: the leg of each participant. ``newest``: the leg that a
    participant offered last, which may not have its answer yet. ``rooms``, ``shown_as``, ``meters``: for
    participants in a room. ``off``: who has muted audio, and video; ``broken``: why an
    audio, and a video, that nobody switched off gives nothing. Both outlive legs.
    """

    by_id: dict[str, HeldLeg] = field(default_factory=dict)
    current: dict[str, HeldLeg] = field(default_factory=dict)
    newest: dict[str, HeldLeg] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=dict)
    shown_as: dict[str, str] = field(default_factory=dict)
    meters: dict[str, CallMeter] = field(default_factory=dict)
    off: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    broken: dict[str, Faults] = field(default_factory=dict)

    def leg_of(self, participant_id: str) -> str | None:
        """The id of a participant's leg."""
        leg = self.current.get(participant_id)
        return leg.leg_id if leg else None

    def sign_ins(self) -> list[tuple[str, str]]:
        """(participant, HTTP session) of every leg that stands on one, those being opened included."""
        return [(leg.participant_id, leg.sign_in) for leg in self.by_id.values() if leg.sign_in]

    def standing_on(self, participant_id: str, sign_in: str | None) -> list[HeldLeg]:
        """A participant's legs that stand on this HTTP session; None: on any."""
        return [
            leg
            for leg in self.by_id.values()
            if leg.participant_id == participant_id and sign_in in (None, leg.sign_in)
        ]

    def connected(self, participant_id: str) -> bool:
        """Whether media can flow to and from a participant."""
        leg = self.current.get(participant_id)
        return leg is not None and leg.state == "connected"

    def quality(self, participant_id: str) -> wire.LinkQuality:
        """The quality of a participant's link; level 0 without a connected leg."""
        leg = self.current.get(participant_id)
        if leg is not None and leg.blocked:
            return BLOCKED
        return leg.quality if leg is not None and leg.state == "connected" else UNMEASURED

    def muted(self, participant_id: str) -> tuple[bool, bool]:
        """Whether a participant has muted audio, and video."""
        return self.off.get(participant_id, (False, False))

    def faults(self, participant_id: str) -> Faults:
        """Why a participant's audio, and video, give nothing although nobody switched them off."""
        return self.broken.get(participant_id, (None, None))

    def rungs(self, participant_id: str) -> wire.Rungs | None:
        """The rungs of a participant's leg; None while it is alone or in no room."""
        leg = self.current.get(participant_id)
        return leg.rungs if leg else None

    def forget_rungs(self, participant_id: str) -> None:
        """Delete a participant's rungs: the call is over, so they no longer mean anything."""
        leg = self.current.get(participant_id)
        if leg is not None:
            leg.rungs = None

    def meter_of(self, leg: HeldLeg) -> CallMeter | None:
        """The meter of the call that this leg carries; None if it carries none."""
        current = self.current.get(leg.participant_id)
        return self.meters.get(leg.participant_id) if current is leg else None

    def whose(self, leg_id: str) -> str | None:
        """The name of a leg's participant in the slots of others."""
        leg = self.by_id.get(leg_id)
        return self.shown_as.get(leg.participant_id, leg.participant_id) if leg else None
