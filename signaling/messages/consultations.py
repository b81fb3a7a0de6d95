"""Messages of a consultation's life: asking, waiting, being on duty, accepting, and its end."""

from __future__ import annotations

import msgspec

from media.core.parameters import Rung, RungReason
from signaling.messages.envelope import ClientMessage, ServerMessage
from signaling.messages.legs import LinkQuality
from signaling.messages.values import (
    ConsultationState,
    DeviceFault,
    Identifier,
    Presence,
    Reason,
    Role,
    Urgency,
    Widened,
)


class RequestConsultation(ClientMessage, tag="request_consultation", frozen=True, kw_only=True):
    """A station asks for a specialist.

    ``case_id`` names a case opened before: its colour and wishes count, and its notes do not travel here. Without
    it, the server opens a case from ``urgency`` and ``reason``.
    """

    urgency: Urgency
    reason: Reason = ""
    case_id: Identifier | None = None


class CancelRequest(ClientMessage, tag="cancel_request", frozen=True, kw_only=True):
    """The station no longer wants the consultation it asked for."""

    consultation_id: Identifier


class SetDuty(ClientMessage, tag="set_duty", frozen=True, kw_only=True):
    """A clinician starts or ends being on duty."""

    on: bool


class Accept(ClientMessage, tag="accept", frozen=True, kw_only=True):
    """A clinician takes a consultation from the queue."""

    consultation_id: Identifier


class Leave(ClientMessage, tag="leave", frozen=True, kw_only=True):
    """This participant leaves the call; the consultation is never closed by it.

    When the clinician leaves, the patient goes back to the queue with the waiting time kept.
    """

    consultation_id: Identifier


class End(ClientMessage, tag="end", frozen=True, kw_only=True):
    """The station or a clinician closes the consultation for everybody."""

    consultation_id: Identifier


class QueueEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One waiting consultation as a clinician sees it.

    ``asks_for_you``: the patient saw this clinician before, or was handed to them. ``handed_over_by``: the name of
    the colleague who handed the patient over; "": nobody, or it is not told. ``suits``: language and gender are as
    the patient wished. ``discreet``: survivor-safe; the entry does not say why the patient came.
    """

    consultation_id: str
    site: str
    station: str
    urgency: Urgency
    reason: str
    waiting_s: int
    link: LinkQuality
    specialty: str = ""
    language: str = ""
    gender_wish: str = ""
    asks_for_you: bool = False
    handed_over_by: str = ""
    suits: bool = True
    discreet: bool = False

    def __repr__(self) -> str:
        """Without the reason, which is the patient's."""
        return f"<QueueEntry {self.consultation_id}>"


class Queue(ServerMessage, tag="queue", frozen=True, kw_only=True):
    """Every consultation offered to this clinician, most urgent and longest waiting first."""

    entries: list[QueueEntry]


class Waiting(ServerMessage, tag="waiting", frozen=True, kw_only=True):
    """A station's place in the queue, counting from 1, and how many clinicians on duty are offered it.

    ``widened``: how wide the offer is (signaling/routing.py). ``expected_*_s``: how long similar patients waited
    lately, from the request on: the median, and the bounds of the middle eight in ten; None: not known yet.
    ``next_on_duty_in_s``: when the roster has somebody next; only while no clinician is offered the consultation.
    ``handed_over_by`` and ``handed_over_to``: names, of a patient who was handed over; to "": to nobody by name.
    """

    consultation_id: str
    position: int
    on_duty: int
    waiting_s: int
    widened: Widened = Widened.MATCHING
    expected_median_s: int | None = None
    expected_low_s: int | None = None
    expected_high_s: int | None = None
    next_on_duty_in_s: int | None = None
    handed_over_by: str = ""
    handed_over_to: str = ""


class Duty(ServerMessage, tag="duty", frozen=True, kw_only=True):
    """Whether the server considers this clinician on duty."""

    on: bool


class Participant(msgspec.Struct, frozen=True):
    """One participant of a consultation as the others see it; rungs only during a call with somebody.

    ``audio_fault``, ``video_fault``, mostly left out: what gives nothing was not switched off.
    """

    participant_id: str
    role: Role
    name: str
    presence: Presence
    audio_muted: bool = False
    video_muted: bool = False
    audio_fault: DeviceFault | msgspec.UnsetType = msgspec.UNSET
    video_fault: DeviceFault | msgspec.UnsetType = msgspec.UNSET
    link: LinkQuality = LinkQuality(level=0)
    site: str = ""
    rung_down: Rung | None = None
    rung_up: Rung | None = None
    rung_reason: RungReason | None = None


class Consultation(ServerMessage, tag="consultation", frozen=True, kw_only=True):
    """A whole consultation as its participants see it; sent at every change.

    ``discreet``: survivor-safe; pages show who is there all the time, and a way out at once.
    """

    consultation_id: str
    state: ConsultationState
    urgency: Urgency
    reason: str
    participants: list[Participant]
    discreet: bool = False


class ConsentWithdrawn(ServerMessage, tag="consent_withdrawn", frozen=True, kw_only=True):
    """The patient does not agree to be seen from afar: the consultation ends now. Nobody's fault, no error.

    ``refused``: a first no, to a request that was waiting; otherwise a yes was taken back.
    """

    consultation_id: str
    refused: bool = False


class CaseNews(ServerMessage, tag="case_news", frozen=True, kw_only=True):
    """A grave outcome of a patient whom this clinician treated; ``site`` is empty for a survivor-safe case."""

    consultation_id: str
    outcome: str
    site: str = ""


FromPage = RequestConsultation | CancelRequest | SetDuty | Accept | Leave | End
FromServer = Queue | Waiting | Duty | Consultation | ConsentWithdrawn | CaseNews
