"""Rooms beside the desk: what else happens to people who hold a leg and a session, each in a file of its own.

Owns: the interface, and what the desk lends (`Floor`). Must never hold behaviour.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from server.calls.desk.legs import Legs
from server.people.principal import Principal
from server.sockets.hub import Hub
from signaling.consultation import Consultation, Member, Step
from signaling.messages import Presence
from signaling.pairing import Pairing

Handler = Callable[[Principal, Any], Awaitable[None]]
Handlers = Mapping[type, Handler]


@dataclass(frozen=True, slots=True)
class Floor:
    """What the desk lends. ``decide`` decides, writes, carries out and tells; ``clock`` gives UTC seconds.

    ``busy`` says whether somebody takes part in anything, here or in another annex.
    """

    pairing: Pairing
    legs: Legs
    hub: Hub
    clock: Callable[[], float]
    decide: Callable[[str, Callable[[], Step | None], Principal], Awaitable[None]]
    member: Callable[[Principal], Member]
    presence: Callable[[str], Presence]
    busy: Callable[[str], bool]


class Annex(Protocol):
    """One of them."""

    @property
    def handlers(self) -> Handlers:
        """Which messages it carries out; of whom is said in server/people/sessions/permissions.py."""

    async def start(self) -> None:
        """Take up what was open when the process ended."""

    def has(self, participant_id: str) -> bool:
        """Whether somebody takes part in it, beside any consultation."""

    def opened(self, principal: Principal) -> None:
        """A page is there (again): post the state as it is."""

    def offered(self, participant_id: str) -> None:
        """A new leg is in the place of the old one: what was decided about it holds on."""

    def touched(self, participant_id: str) -> None:
        """Presence, link, or what is switched off has changed."""

    async def given_up(self, participant_id: str, *, off_duty: bool) -> None:
        """Somebody is out of reach for good; ``off_duty``: the session itself is over."""

    async def consent_withdrawn(self, case_id: str) -> None:
        """A patient no longer agrees to be seen from afar, and that is on disk."""

    def moved(self, before: Consultation | None, after: Consultation) -> None:
        """A consultation has changed; nothing may be waited for here."""

    async def tidy(self) -> None:
        """After each decision, and every few seconds: write what is to be written."""
