"""Messages by which a mediator is invited, answers, and is removed."""

from __future__ import annotations

from signaling.messages.envelope import ClientMessage, ServerMessage
from signaling.messages.values import Identifier, MediationState, RemovalReason


class InviteMediator(ClientMessage, tag="invite_mediator", frozen=True, kw_only=True):
    """The station or a clinician invites a mediator of the roster."""

    consultation_id: Identifier
    mediator_id: Identifier


class AnswerInvitation(ClientMessage, tag="answer_invitation", frozen=True, kw_only=True):
    """A mediator accepts, bound by the pledge (text name and version) read in this language, or declines."""

    invitation_id: Identifier
    accept: bool
    pledge: Identifier | None = None
    language: Identifier | None = None


class RemoveParticipant(ClientMessage, tag="remove_participant", frozen=True, kw_only=True):
    """The station or a clinician removes a mediator; the patient's wish is reason enough."""

    consultation_id: Identifier
    participant_id: Identifier
    why: RemovalReason = RemovalReason.DONE


class Invitation(ServerMessage, tag="invitation", frozen=True, kw_only=True):
    """A mediator is invited: by whom, where, for which language. ``discreet``: survivor-safe, no place."""

    invitation_id: str
    asked_by: str
    expires_in_s: int
    site: str = ""
    language: str = ""
    discreet: bool = False


class ConsentWanted(ServerMessage, tag="consent_wanted", frozen=True, kw_only=True):
    """A clinician wishes for this mediator: the station asks the patient, and then invites the mediator itself."""

    consultation_id: str
    mediator_id: str
    name: str
    asked_by: str


class Mediation(ServerMessage, tag="mediation", frozen=True, kw_only=True):
    """What became of an invitation; sent to the inviter, the clinician in charge and the mediator."""

    invitation_id: str
    consultation_id: str
    mediator_id: str
    name: str
    state: MediationState


FromPage = InviteMediator | AnswerInvitation | RemoveParticipant
FromServer = Invitation | ConsentWanted | Mediation
