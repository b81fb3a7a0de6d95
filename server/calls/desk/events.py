"""The events of the desk, which other domains follow: mediators, group sessions.

Owns: the events, and the order of their followers (the order in which they registered). Must never know a follower,
nor decide anything.

`Fact`: something has happened; followers return at once. `Duty`: the desk waits until each follower has finished.
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
    """Base of events that have happened."""


class Duty:
    """Base of events whose followers the desk waits for."""


@dataclass(frozen=True, slots=True)
class ReachabilityChanged(Fact):
    """A leg or a consultation has changed, so that media may reach this participant or no longer reach it."""

    participant_id: str


@dataclass(frozen=True, slots=True)
class LinkChanged(Fact):
    """The level of a participant's link, or the rungs of its leg, have changed."""

    participant_id: str


@dataclass(frozen=True, slots=True)
class CallUsed(Fact):
    """A participant's part of a call is over, with this use."""

    use: CallUse


@dataclass(frozen=True, slots=True)
class SessionOpened(Fact):
    """A page has opened a session: followers send it the current state."""

    principal: Principal


@dataclass(frozen=True, slots=True)
class ParticipantChanged(Fact):
    """The presence, the link or the muted media of a participant have changed."""

    participant_id: str


@dataclass(frozen=True, slots=True)
class ConsultationMoved(Fact):
    """A consultation has changed; ``before`` is None for a new one."""

    before: Consultation | None
    after: Consultation


@dataclass(frozen=True, slots=True)
class ConsultationMoves(Duty):
    """A consultation is about to change, and is on disk: followers write what must be there before it is carried
    out.
    """

    before: Consultation | None
    after: Consultation


@dataclass(frozen=True, slots=True)
class Started(Duty):
    """The process starts: followers load what was open when it ended."""


@dataclass(frozen=True, slots=True)
class GivenUp(Duty):
    """A participant is given up; ``off_duty``: its session is over, though its media still flow."""

    participant_id: str
    off_duty: bool


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn(Duty):
    """A patient has withdrawn consent to teleconsultation, and the withdrawal is on disk."""

    case_id: str


@dataclass(frozen=True, slots=True)
class TurnOver(Duty):
    """A turn of the desk is over, or some seconds have passed: followers write their pending changes."""


TURN_OVER = TurnOver()

F = TypeVar("F", bound=Fact)
D = TypeVar("D", bound=Duty)


class Events:
    """The followers of each event."""

    def __init__(self) -> None:
        self._on: dict[type[Fact], list[Callable[[Any], None]]] = {}
        self._when: dict[type[Duty], list[Callable[[Any], Awaitable[None]]]] = {}

    def on(self, kind: type[F], follower: Callable[[F], None]) -> None:
        """Call ``follower`` with each fact of this kind from now on."""
        self._on.setdefault(kind, []).append(follower)

    def when(self, kind: type[D], follower: Callable[[D], Awaitable[None]]) -> None:
        """Wait for ``follower`` at each duty of this kind from now on."""
        self._when.setdefault(kind, []).append(follower)

    def tell(self, fact: Fact) -> None:
        """Call every follower of this fact."""
        for follower in self._on.get(type(fact), ()):
            follower(fact)

    async def wait(self, duty: Duty) -> None:
        """Wait for every follower of this duty, one after the other; the first error is raised."""
        for follower in self._when.get(type(duty), ()):
            await follower(duty)

    async def settle(self, duty: ConsultationMoves | TurnOver = TURN_OVER) -> None:
        """Wait for all followers of this duty. The decision is final, so a failing follower must not stop the
        others.
        """
        for follower in self._when.get(type(duty), ()):
            try:
                await follower(duty)
            except Exception as error:  # it tries again in some seconds
                log.error("turn_not_settled", **where(error))
