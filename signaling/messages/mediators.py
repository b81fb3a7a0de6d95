"""Messages by which a mediator is asked in, answers, and is thanked out."""

from __future__ import annotations

from signaling.messages.envelope import ClientMessage, ServerMessage
from signaling.messages.values import Identifier, MediationState, RemovalReason


class InviteMediator(ClientMessage, tag="invite_mediator", frozen=True, kw_only=True):
    """The station or a clinician asks a mediator of the roster to come in."""

    consultation_id: Identifier
    mediator_id: Identifier


class AnswerInvitation(ClientMessage, tag="answer_invitation", frozen=True, kw_only=True):
    """A mediator comes, bound by the pledge of this text (its name and version) read in this language, or not."""

    invitation_id: Identifier
    accept: bool
    pledge: Identifier | None = None
    language: Identifier | None = None


class RemoveParticipant(ClientMessage, tag="remove_participant", frozen=True, kw_only=True):
    """The station or a clinician sends a mediator out; the patient's wish is enough."""

    consultation_id: Identifier
    participant_id: Identifier
    why: RemovalReason = RemovalReason.DONE


class Invitation(ServerMessage, tag="invitation", frozen=True, kw_only=True):
    """A mediator is asked to come in: by whom, where, for which language. ``discreet``: survivor-safe, no place."""

    invitation_id: str
    asked_by: str
    expires_in_s: int
    site: str = ""
    language: str = ""
    discreet: bool = False


class Mediation(ServerMessage, tag="mediation", frozen=True, kw_only=True):
    """What became of an invitation; told to who invited, to who is in charge, and to the mediator."""

    invitation_id: str
    consultation_id: str
    mediator_id: str
    name: str
    state: MediationState


FromPage = InviteMediator | AnswerInvitation | RemoveParticipant
FromServer = Invitation | Mediation
