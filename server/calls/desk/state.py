"""The state of the desk, which its parts and the domains that follow it share.

Owns: this list of parts, and the questions that need more than one of them. Must never change a consultation: a
turn does (turn.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from server.calls.background import Background
from server.calls.desk.events import Events
from server.calls.desk.legs import Legs
from server.calls.store_port import ConsultationStore
from server.people.principal import Principal
from server.sockets.hub import Hub
from signaling.consultation import Member
from signaling.messages import Presence
from signaling.pairing import Pairing

Handler = Callable[[Principal, Any], Awaitable[None]]
# The handler of each message. server/people/sessions/permissions.py decides who may send it.
Handlers = Mapping[type, Handler]


@dataclass(frozen=True, slots=True)
class DeskState:
    """The shared parts. ``clock`` gives UTC seconds; the current turn holds ``lock``.

    ``elsewhere``: functions of other domains that tell whether a participant takes part in something of theirs.
    """

    store: ConsultationStore
    hub: Hub
    legs: Legs
    events: Events
    background: Background
    clock: Callable[[], float]
    pairing: Pairing = field(default_factory=Pairing)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    elsewhere: list[Callable[[str], bool]] = field(default_factory=list)

    def presence(self, participant_id: str) -> Presence:
        """The presence of a participant now."""
        if self.legs.held.connected(participant_id):
            return Presence.CONNECTED
        return Presence.RECONNECTING if self.hub.has_session(participant_id) else Presence.AWAY

    def member(self, principal: Principal) -> Member:
        """A principal as a member of a consultation, with its current presence."""
        presence = self.presence(principal.participant_id)
        return Member(principal.participant_id, principal.role, principal.name, presence)

    def is_elsewhere(self, participant_id: str) -> bool:
        """Whether a participant takes part in something other than consultations."""
        return any(asked(participant_id) for asked in self.elsewhere)

    def is_busy(self, participant_id: str) -> bool:
        """Whether a participant takes part in anything."""
        return self.is_elsewhere(participant_id) or self.pairing.of(participant_id) is not None
