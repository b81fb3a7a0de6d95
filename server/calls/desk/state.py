"""The state of the desk: everything that its parts, and the domains that follow it, have in common.

Owns: the list of it, and the three questions that need more than one of them. Must never change a
consultation: a turn does (turn.py).
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
# Which messages a part carries out; who may send them is said in server/people/sessions/permissions.py.
Handlers = Mapping[type, Handler]


@dataclass(frozen=True, slots=True)
class DeskState:
    """What there is. ``clock`` gives UTC seconds; ``lock`` is held by the one turn that is under way.

    ``elsewhere``: questions of the domains beside the desk, whether a participant takes part in something of
    theirs.
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
        """Whether a participant can be reached now."""
        if self.legs.held.connected(participant_id):
            return Presence.CONNECTED
        return Presence.RECONNECTING if self.hub.has_session(participant_id) else Presence.AWAY

    def member(self, principal: Principal) -> Member:
        """A principal as a member of a consultation, with its presence as it is now."""
        presence = self.presence(principal.participant_id)
        return Member(principal.participant_id, principal.role, principal.name, presence)

    def is_elsewhere(self, participant_id: str) -> bool:
        """Whether a participant takes part in something beside consultations."""
        return any(asked(participant_id) for asked in self.elsewhere)

    def is_busy(self, participant_id: str) -> bool:
        """Whether a participant takes part in anything."""
        return self.is_elsewhere(participant_id) or self.pairing.of(participant_id) is not None
