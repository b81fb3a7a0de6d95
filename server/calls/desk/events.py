"""What happens at the desk, as events that the domains beside it follow: mediators, group sessions.

Owns: the events, and the order in which followers hear of them (the order in which they began to follow). Must
never know a follower, nor decide anything.

`Fact`: it has happened; followers return at once. `Duty`: the desk waits until each follower has done its part.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from server.calls.callmeter import CallUse
from server.people.principal import Principal
from server.platform.faults import where
from signaling.consultation import Consultation

log = structlog.get_logger(__name__)


class Fact:
    """Base of what has happened."""


class Duty:
    """Base of what the desk waits for."""


@dataclass(frozen=True, slots=True)
class ReachabilityChanged(Fact):
    """A leg or a consultation has changed: whether media reach this participant has to be looked at again."""

    participant_id: str


@dataclass(frozen=True, slots=True)
class LinkChanged(Fact):
    """The level of a participant's link, or the rungs of its leg."""

    participant_id: str


@dataclass(frozen=True, slots=True)
class CallUsed(Fact):
    """A participant's part of a call is over, and this is what it took."""

    use: CallUse


@dataclass(frozen=True, slots=True)
class SessionOpened(Fact):
    """A page is there (again): followers post the state as it is."""

    principal: Principal


@dataclass(frozen=True, slots=True)
class LegReplaced(Fact):
    """A new leg is in the place of the participant's old one: what was decided about the old one holds on."""

    participant_id: str


@dataclass(frozen=True, slots=True)
class ParticipantChanged(Fact):
    """The presence or the link of a participant, or what it has switched off."""

    participant_id: str


@dataclass(frozen=True, slots=True)
class ConsultationMoved(Fact):
    """A consultation has changed; ``before`` None: it is new."""

    before: Consultation | None
    after: Consultation


@dataclass(frozen=True, slots=True)
class Started(Duty):
    """The process begins: followers take up what was open when it ended."""


@dataclass(frozen=True, slots=True)
class GivenUp(Duty):
    """A participant is out of reach for good; ``off_duty``: its session is over, though its media still
    flow."""

    participant_id: str
    off_duty: bool


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn(Duty):
    """A patient no longer agrees to be seen from afar, and that is on disk."""

    case_id: str


@dataclass(frozen=True, slots=True)
class TurnOver(Duty):
    """A turn of the desk is over, or some seconds have passed: followers write what is to be written."""


F = TypeVar("F", bound=Fact)
D = TypeVar("D", bound=Duty)


class Events:
    """Who follows what."""

    def __init__(self) -> None:
        self._on: dict[type[Fact], list[Callable[[Any], None]]] = {}
        self._when: dict[type[Duty], list[Callable[[Any], Awaitable[None]]]] = {}

    def on(self, kind: type[F], follower: Callable[[F], None]) -> None:
        """From now on ``follower`` is called with each fact of this kind."""
        self._on.setdefault(kind, []).append(follower)

    def when(self, kind: type[D], follower: Callable[[D], Awaitable[None]]) -> None:
        """From now on the desk waits for ``follower`` at each duty of this kind."""
        self._when.setdefault(kind, []).append(follower)

    def tell(self, fact: Fact) -> None:
        """Call every follower of this fact."""
        for follower in self._on.get(type(fact), ()):
            follower(fact)

    async def wait(self, duty: Duty) -> None:
        """Wait for every follower of this duty, one after the other. The first error ends it."""
        for follower in self._when.get(type(duty), ()):
            await follower(duty)

    async def settle(self) -> None:
        """Wait for `TurnOver`: what was decided stands, so a follower that fails keeps no other from its
        part."""
        for follower in self._when.get(TurnOver, ()):
            try:
                await follower(TurnOver())
            except Exception as error:  # it tries again in some seconds
                log.error("turn_not_settled", **where(error))
