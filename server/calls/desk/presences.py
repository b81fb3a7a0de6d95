"""The presence of participants: who can be reached, and who is given up.

Owns: keeping a participant's presence up to date with its leg and its session. Must never wait for the desk's lock
when a leg or a session changes: the consultation is interrupted or resumed at once, and pages are told when no
decision is being written (notifier.py).
"""

from __future__ import annotations

import structlog

from server.calls.desk.events import GivenUp, LinkChanged, ParticipantChanged, ReachabilityChanged
from server.calls.desk.notifier import Notifier
from server.calls.desk.state import DeskState
from server.calls.desk.turn import Turns
from signaling.errors import Refused
from signaling.messages import Presence, Role
from signaling.states import Effect

log = structlog.get_logger(__name__)


class Presences:
    """The presence of everybody with a leg or a session."""

    def __init__(self, state: DeskState, notifier: Notifier, turns: Turns) -> None:
        self._state = state
        self._notifier = notifier
        self._turns = turns
        state.events.on(ReachabilityChanged, lambda event: self.refresh(event.participant_id))
        state.events.on(LinkChanged, lambda event: self.link_changed(event.participant_id))

    def refresh(self, participant_id: str) -> None:
        """Update a participant's presence from its leg and its session."""
        state = self._state
        presence = state.presence(participant_id)
        step = state.pairing.present(participant_id, presence)
        if step is not None:
            if Effect.RECORD in step.effects:
                state.background.spawn(self._turns.record(step.consultation.consultation_id))
            self._notifier.touch(step.consultation.consultation_id)
        state.events.tell(ParticipantChanged(participant_id))
        if presence is Presence.AWAY and (step is not None or state.is_elsewhere(participant_id)):
            state.background.spawn(self._give_up_unless_back(participant_id))

    def link_changed(self, participant_id: str) -> None:
        """The level of a participant's link, or the rungs of its leg, have changed."""
        found = self._state.pairing.of(participant_id)
        if found is not None:
            self._notifier.touch_links(found.consultation_id)
        self._state.events.tell(ParticipantChanged(participant_id))

    def muted(self, participant_id: str) -> None:
        """A participant has muted or unmuted media."""
        found = self._state.pairing.of(participant_id)
        if found is not None:
            self._notifier.touch(found.consultation_id)
        self._state.events.tell(ParticipantChanged(participant_id))

    async def give_up(self, participant_id: str) -> None:
        """Remove a participant from its consultation, but not a patient. If the disk fails, it is tried again."""
        found = self._state.pairing.of(participant_id)
        if found is None:
            return
        try:
            async with self._turns.begin(found.consultation_id) as turn:
                turn.step = self._state.pairing.give_up(participant_id)
        except Refused as refused:
            log.error("not_given_up", code=refused.code, consultation_id=found.consultation_id)

    async def give_up_the_absent(self) -> None:
        """Give up the participants who are away and whose removal failed before."""
        for found in self._state.pairing.everything():
            for member in found.members:
                if member.role is not Role.STATION and member.presence is Presence.AWAY:
                    await self._give_up_unless_back(member.participant_id)

    async def _give_up_unless_back(self, participant_id: str) -> None:
        if self._state.presence(participant_id) is Presence.AWAY:
            await self._state.events.wait(GivenUp(participant_id, off_duty=False))
            await self.give_up(participant_id)
