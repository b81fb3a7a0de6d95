"""Links come and go: who can be reached, and who is given up for good.

Owns: presence, which follows from a participant's leg and session. Must never wait for the desk's lock when a leg
or a session changes: a consultation moves in and out of the call at once, and what pages are told of it waits
until nothing is half done (screens.py).
"""

from __future__ import annotations

import structlog

from server.calls.background import Background
from server.calls.desk.annexes import Annexes
from server.calls.desk.decisions import Decisions
from server.calls.desk.legs import Legs
from server.calls.desk.screens import Screens
from server.people.principal import Principal
from server.sockets.hub import Hub
from signaling.consultation import Member
from signaling.errors import Refused
from signaling.messages import Presence, Role
from signaling.pairing import Pairing
from signaling.states import Effect

log = structlog.get_logger(__name__)


class Presences:
    """The presence of everybody with a leg or a session."""

    def __init__(
        self,
        pairing: Pairing,
        legs: Legs,
        hub: Hub,
        *,
        screens: Screens,
        annexes: Annexes,
        decisions: Decisions,
        background: Background,
    ) -> None:
        self._pairing = pairing
        self._legs = legs
        self._hub = hub
        self._screens = screens
        self._annexes = annexes
        self._decisions = decisions
        self._background = background

    def of(self, participant_id: str) -> Presence:
        """Whether somebody can be reached now."""
        if self._legs.connected(participant_id):
            return Presence.CONNECTED
        return Presence.RECONNECTING if self._hub.has_session(participant_id) else Presence.AWAY

    def member(self, principal: Principal) -> Member:
        """Somebody as a member of a consultation, present as they are now."""
        presence = self.of(principal.participant_id)
        return Member(principal.participant_id, principal.role, principal.name, presence)

    def is_busy(self, participant_id: str) -> bool:
        """Whether somebody takes part in anything."""
        return self._annexes.has(participant_id) or self._pairing.of(participant_id) is not None

    def refresh(self, participant_id: str) -> None:
        """Bring a participant's presence up to date with its leg and its session."""
        presence = self.of(participant_id)
        step = self._pairing.present(participant_id, presence)
        if step is not None:
            if Effect.RECORD in step.effects:
                self._background.spawn(self._decisions.record(step.consultation.consultation_id))
            self._screens.touch(step.consultation.consultation_id)
        self._annexes.touched(participant_id)
        if presence is Presence.AWAY and (step is not None or self._annexes.has(participant_id)):
            self._background.spawn(self._give_up_unless_back(participant_id))

    def link_changed(self, participant_id: str) -> None:
        """The level of a link, or the rungs of a leg."""
        found = self._pairing.of(participant_id)
        if found is not None:
            self._screens.touch_links(found.consultation_id)
        self._annexes.touched(participant_id)

    def muted(self, participant_id: str) -> None:
        """What somebody has switched off has changed."""
        found = self._pairing.of(participant_id)
        if found is not None:
            self._screens.touch(found.consultation_id)
        self._annexes.touched(participant_id)

    async def give_up(self, participant_id: str) -> None:
        """Out of the consultation for good; a patient stays. If the disk fails, a reminder tries again."""
        found = self._pairing.of(participant_id)
        if found is None:
            return
        try:
            await self._decisions.decide(found.consultation_id, lambda: self._pairing.give_up(participant_id))
        except Refused as refused:
            log.error("not_given_up", code=refused.code, consultation_id=found.consultation_id)

    async def give_up_the_absent(self) -> None:
        """Whoever is away and could not be given up before."""
        for found in self._pairing.everything():
            for member in found.members:
                if member.role is not Role.STATION and member.presence is Presence.AWAY:
                    await self._give_up_unless_back(member.participant_id)

    async def _give_up_unless_back(self, participant_id: str) -> None:
        if self.of(participant_id) is Presence.AWAY:
            await self._annexes.given_up(participant_id, off_duty=False)
            await self.give_up(participant_id)
