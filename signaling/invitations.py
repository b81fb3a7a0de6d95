"""Invitations of mediators that wait for an answer, and questions to patients that come before one.

Owns: how many invitations may wait for one consultation, and how long; a mediator has at most one at a time; a
patient is asked about one mediator at a time. Pure.
Must never know why an invitation was made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from signaling.errors import Refused
from signaling.limits import INVITATION_S, MAX_INVITATIONS


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """One invitation without an answer; ``expires_at`` in UTC seconds."""

    invitation_id: str
    consultation_id: str
    mediator_id: str
    mediator_name: str
    asked_by: str
    asked_by_name: str
    site: str
    language: str
    discreet: bool
    expires_at: float


@dataclass(frozen=True, slots=True)
class PatientQuestion:
    """A clinician wishes for a mediator, and the patient has not answered yet."""

    question_id: str
    consultation_id: str
    mediator_id: str
    mediator_name: str
    asked_by: str
    asked_by_name: str


class PatientQuestions:
    """All questions to patients that wait; at most one a consultation, of which the newest counts."""

    def __init__(self) -> None:
        self._open: dict[str, PatientQuestion] = {}

    def ask(self, question: PatientQuestion) -> None:
        """Keep a question until it is answered or the consultation is over."""
        self._open[question.consultation_id] = question

    def of(self, consultation_id: str) -> PatientQuestion | None:
        """The question that waits in this consultation."""
        return self._open.get(consultation_id)

    def answered(self, consultation_id: str) -> PatientQuestion | None:
        """Remove and return the question that has its answer."""
        return self._open.pop(consultation_id, None)

    def drop(self, is_open: Callable[[str], bool]) -> None:
        """Forget the questions of consultations that are over."""
        self._open = {known: one for known, one in self._open.items() if is_open(known)}


class Invitations:
    """All invitations that wait for an answer."""

    def __init__(self) -> None:
        self._open: dict[str, OpenInvitation] = {}

    def may_ask(self, consultation_id: str, mediator_id: str) -> None:
        """Raises Refused when this mediator is being asked already, or enough others are."""
        waiting = self._open.values()
        if any(one.mediator_id == mediator_id for one in waiting):
            raise Refused("mediator_busy")
        if sum(one.consultation_id == consultation_id for one in waiting) >= MAX_INVITATIONS:
            raise Refused("slow_down")

    def add(self, invitation: OpenInvitation) -> None:
        """Keep an invitation until it is answered or expires."""
        self._open[invitation.invitation_id] = invitation

    def take(self, invitation_id: str, mediator_id: str, now: float) -> OpenInvitation:
        """Remove and return the invitation that a mediator answers. Raises Refused if over, or another's."""
        found = self._open.get(invitation_id)
        if found is None or found.mediator_id != mediator_id or now >= found.expires_at:
            raise Refused("invitation_over")
        return self._open.pop(invitation_id)

    def of_mediator(self, mediator_id: str) -> list[OpenInvitation]:
        """The invitations that wait for this mediator."""
        return [one for one in self._open.values() if one.mediator_id == mediator_id]

    def of_consultation(self, consultation_id: str) -> list[OpenInvitation]:
        """The invitations that wait in this consultation."""
        return [one for one in self._open.values() if one.consultation_id == consultation_id]

    def drop(self, now: float, is_open: Callable[[str], bool]) -> list[OpenInvitation]:
        """Remove and return the expired invitations and those of consultations that are over."""
        gone = [
            one for one in self._open.values() if now >= one.expires_at or not is_open(one.consultation_id)
        ]
        for one in gone:
            del self._open[one.invitation_id]
        return gone


def expires_at(now: float) -> float:
    """When an invitation made now expires."""
    return now + INVITATION_S
