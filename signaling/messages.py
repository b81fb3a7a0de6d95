"""The messages of the signaling protocol, one typed struct each. PROTOCOL.md tells them in prose.

Owns: the shape of every message, its bounds, encoding and decoding. Must never do I/O, read a clock or
decide anything. A message travels as one JSON object whose ``type`` names it; the envelope fields
(``seq``, ``ack``) are those of `ClientFrame` and `ServerFrame`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from signaling.errors import MalformedMessage

PROTOCOL_VERSION = 1

# RFC 8866 sets no bound; a Chromium offer with every slot is about 12 kB, so 32 KiB leaves room.
SDP_MAX_CHARS = 32_768
REASON_MAX_CHARS = 500
PSEUDONYM_MAX_CHARS = 20

Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Token = Annotated[str, msgspec.Meta(min_length=16, max_length=128, pattern=r"^[A-Za-z0-9_-]+$")]
Sdp = Annotated[str, msgspec.Meta(min_length=1, max_length=SDP_MAX_CHARS)]
Sequence = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Reason = Annotated[str, msgspec.Meta(max_length=REASON_MAX_CHARS)]


class Urgency(StrEnum):
    """Triage colour, most urgent first."""

    RED = "red"
    ORANGE = "orange"
    GREEN = "green"


class Role(StrEnum):
    """What a participant is. The first three take part in consultations, the others keep the house."""

    STATION = "station"
    CLINICIAN = "clinician"
    MEDIATOR = "mediator"
    COORDINATOR = "coordinator"
    RECORDS_OFFICER = "records_officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class ConsultationState(StrEnum):
    """Where a consultation stands; the table of moves is in consultation.py."""

    REQUESTED = "requested"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    IN_CALL = "in_call"
    INTERRUPTED = "interrupted"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Presence(StrEnum):
    """Whether a participant can be reached right now."""

    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    AWAY = "away"


class Rung(StrEnum):
    """One step of the quality ladder of one leg in one direction, best first."""

    VIDEO_HIGH = "video-high"
    VIDEO = "video"
    VIDEO_LOW = "video-low"
    STILLS = "stills"
    VOICE = "voice"
    VOICE_THIN = "voice-thin"
    MESSAGES = "messages"


class RungReason(StrEnum):
    """Why a leg stands on its rung, as far as a person can do something about it."""

    LINK = "link"
    PINNED = "pinned"
    OTHER_SIDE = "other_side"
    CAMERA_OFF = "camera_off"
    STARTING = "starting"
    FULL = "full"


class Widened(StrEnum):
    """How wide the offer of a waiting consultation is by now; the steps are in routing.py."""

    FIRST = "first"
    MATCHING = "matching"
    RELAXED = "relaxed"
    ANYBODY = "anybody"
    ALARM = "alarm"


class ClinicalProfile(StrEnum):
    """What is looked at, and so the order in which quality is given up."""

    FACE = "face"
    DETAIL = "detail"
    MOTION = "motion"


class ClientMessage(msgspec.Struct, tag_field="type", forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Base of everything a page sends. ``seq`` counts from 1 in a session; ``ack``: last server seq."""

    seq: Sequence = 0
    ack: Sequence = 0

    def __repr__(self) -> str:
        """Name and number only: a message holds patients' words, tickets and addresses."""
        return f"<{type(self).__name__} seq={self.seq}>"


class Resume(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The session a page wants back: its token and the last server ``seq`` it has seen."""

    token: Token
    seq: Sequence


class Hello(ClientMessage, tag="hello", frozen=True, kw_only=True):
    """First message on every socket, within five seconds. ``ticket`` comes from the HTTP session."""

    protocol: int
    ticket: Token
    resume: Resume | None = None


class Ping(ClientMessage, tag="ping", frozen=True, kw_only=True):
    """Is the server still there? Answered by `Pong`; carries the newest ``ack``."""


class LegOffer(ClientMessage, tag="leg_offer", frozen=True, kw_only=True):
    """The page's one SDP offer for a leg (own audio, own video, receive slots, data channel)."""

    sdp: Sdp


class LegClose(ClientMessage, tag="leg_close", frozen=True, kw_only=True):
    """The page has given up this leg (it failed, or it is no longer wanted)."""

    leg_id: Identifier


class RequestConsultation(ClientMessage, tag="request_consultation", frozen=True, kw_only=True):
    """A station asks for a specialist.

    ``case_id``: of a case opened before; its colour and wishes then count, and nothing of what was written in
    it travels here. Without one, a case is opened from ``urgency`` and ``reason``.
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


class MediaState(ClientMessage, tag="media_state", frozen=True, kw_only=True):
    """What this participant has switched off, to be shown to the others."""

    audio_muted: bool
    video_muted: bool


class Preferences(ClientMessage, tag="preferences", frozen=True, kw_only=True):
    """What this participant has chosen, for this leg and any later one of the session.

    ``audio_only`` and ``save_data`` hold both directions; ``profile`` is about the pictures it receives.
    """

    audio_only: bool = False
    save_data: bool = False
    profile: ClinicalProfile = ClinicalProfile.FACE


class QualityLimitation(StrEnum):
    """W3C RTCQualityLimitationReason: what holds this page's picture down."""

    NONE = "none"
    CPU = "cpu"
    BANDWIDTH = "bandwidth"
    OTHER = "other"


class SendReport(ClientMessage, tag="send_report", frozen=True, kw_only=True):
    """What this page's own congestion control believes of its way up (W3C availableOutgoingBitrate)."""

    leg_id: Identifier
    available_outgoing_bps: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
    quality_limitation: QualityLimitation


class AskStill(ClientMessage, tag="ask_still", frozen=True, kw_only=True):
    """A clinician in a call wants a sharp picture of another participant."""

    participant_id: Identifier


class DeclineStill(ClientMessage, tag="decline_still", frozen=True, kw_only=True):
    """The still that was asked for will not come: refused, or no camera."""

    asked_by: Identifier


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


class RemovalReason(StrEnum):
    """Why a mediator is asked to go."""

    DONE = "done"
    PATIENT_WISH = "patient_wish"
    OTHER = "other"


class RemoveParticipant(ClientMessage, tag="remove_participant", frozen=True, kw_only=True):
    """The station or a clinician sends a mediator out; the patient's wish is enough."""

    consultation_id: Identifier
    participant_id: Identifier
    why: RemovalReason = RemovalReason.DONE


class OpenGroup(ClientMessage, tag="open_group", frozen=True, kw_only=True):
    """A clinician opens a group session and is its host; answered by `Group` with the code to tell people."""


class AskSeat(ClientMessage, tag="ask_seat", frozen=True, kw_only=True):
    """A station asks to be let in, under a name that is nobody's. ``seat_id`` holds the participant's consent."""

    seat_id: Identifier
    code: Annotated[str, msgspec.Meta(min_length=4, max_length=12)]
    pseudonym: Annotated[str, msgspec.Meta(max_length=PSEUDONYM_MAX_CHARS)] = ""


class AdmitSeat(ClientMessage, tag="admit_seat", frozen=True, kw_only=True):
    """The host lets somebody in who waits in the lobby."""

    seat_id: Identifier


class MuteSeat(ClientMessage, tag="mute_seat", frozen=True, kw_only=True):
    """The host takes somebody's voice away, or gives it back; the page itself cannot lift that."""

    seat_id: Identifier
    muted: bool


class RemoveSeat(ClientMessage, tag="remove_seat", frozen=True, kw_only=True):
    """The host sends somebody out, or does not let them in."""

    seat_id: Identifier


class LeaveGroup(ClientMessage, tag="leave_group", frozen=True, kw_only=True):
    """A participant leaves the group; when the host does, it is over for all."""


class Bye(ClientMessage, tag="bye", frozen=True, kw_only=True):
    """The page is leaving on purpose: the session ends now, without the grace time of a lost socket."""


AnyClientMessage = (
    Hello
    | Ping
    | LegOffer
    | LegClose
    | RequestConsultation
    | CancelRequest
    | SetDuty
    | Accept
    | Leave
    | End
    | MediaState
    | Preferences
    | SendReport
    | AskStill
    | DeclineStill
    | InviteMediator
    | AnswerInvitation
    | RemoveParticipant
    | OpenGroup
    | AskSeat
    | AdmitSeat
    | MuteSeat
    | RemoveSeat
    | LeaveGroup
    | Bye
)


class ServerMessage(msgspec.Struct, tag_field="type", frozen=True, kw_only=True, omit_defaults=True):
    """Base of everything the server sends. ``seq`` counts from 1 in a session; 0: unnumbered."""

    seq: Sequence = 0
    ack: Sequence = 0

    def __repr__(self) -> str:
        """Name and number only: a message holds patients' words, tickets and addresses."""
        return f"<{type(self).__name__} seq={self.seq}>"


class IceServer(msgspec.Struct, frozen=True, omit_defaults=True):
    """W3C RTCIceServer."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class Welcome(ServerMessage, tag="welcome", frozen=True, kw_only=True):
    """Answer to `Hello`. ``resumed`` false after a failed resume: the page starts from an empty state.

    ``leg_id``: the leg the server holds for this participant; a page whose leg is another one offers anew.
    ``data_price_per_gb``: what people pay for 10^9 bytes, in ``data_currency``; 0: costs are not shown.
    """

    session_id: str
    resume_token: str
    resumed: bool
    resume_within_s: int
    heartbeat_s: int
    participant_id: str
    role: Role
    name: str
    ice_servers: list[IceServer] = []
    leg_id: str | None = None
    data_price_per_gb: int = 0
    data_currency: str = ""


class Pong(ServerMessage, tag="pong", frozen=True, kw_only=True):
    """Answer to `Ping`."""


class Error(ServerMessage, tag="error", frozen=True, kw_only=True):
    """A message could not be carried out; ``ref`` is its ``seq``. ``code`` is a key of the catalogs."""

    code: str
    ref: Sequence = 0


class LegAnswer(ServerMessage, tag="leg_answer", frozen=True, kw_only=True):
    """The server's answer to the `LegOffer` with seq ``ref``, with all its candidates in it."""

    leg_id: str
    sdp: str
    ref: Sequence = 0


class LegState(ServerMessage, tag="leg_state", frozen=True, kw_only=True):
    """W3C RTCPeerConnectionState of the leg as the server sees it."""

    leg_id: str
    state: str


class AudioParameters(msgspec.Struct, frozen=True):
    """How a page shall send its voice; ``level``: with the audio level of RFC 6464 in each packet."""

    active: bool
    max_bitrate_bps: int = 16_000
    ptime_ms: int = 60
    dtx: bool = True
    fec: bool = True
    red: bool = False
    level: bool = False


class VideoParameters(msgspec.Struct, frozen=True):
    """How a page shall send its picture: fields of W3C RTCRtpEncodingParameters and RTCRtpSendParameters.

    ``scale_resolution_down_by`` divides a picture of 480 lines; under 1 the camera is to give more lines.
    ``degradation_preference`` None leaves the browser to itself.
    """

    active: bool
    max_bitrate_bps: int = 0
    max_framerate: float = 15.0
    scale_resolution_down_by: float = 1.0
    codec: str | None = None
    degradation_preference: str | None = None
    scalability_mode: str | None = None


class SendParameters(ServerMessage, tag="send_parameters", frozen=True, kw_only=True):
    """What this page shall send from now on."""

    leg_id: str
    audio: AudioParameters
    video: VideoParameters


class Slot(msgspec.Struct, frozen=True):
    """One receive slot of a leg and whose media it carries now (None: nobody's)."""

    index: int
    audio_mid: str
    video_mid: str
    participant_id: str | None


class Slots(ServerMessage, tag="slots", frozen=True, kw_only=True):
    """Who is in which receive slot of this page's leg."""

    leg_id: str
    slots: list[Slot]


class LinkQuality(msgspec.Struct, frozen=True):
    """A link as measured on its leg. ``level``: 0 no link, 1 poor, 2 thin, 3 fair, 4 good."""

    level: int
    rtt_ms: int | None = None
    loss_ratio: float | None = None
    down_kbps: int | None = None
    up_kbps: int | None = None


class Link(ServerMessage, tag="link", frozen=True, kw_only=True):
    """This page's own link quality."""

    quality: LinkQuality


class Rungs(ServerMessage, tag="rungs", frozen=True, kw_only=True):
    """Where this page's leg stands on the quality ladder, each direction, and why the worse is not higher."""

    leg_id: str
    down: Rung
    up: Rung
    reason: RungReason


class StillWanted(ServerMessage, tag="still_wanted", frozen=True, kw_only=True):
    """A clinician wants a sharp picture of this page's camera: at most so heavy and so wide (pixels)."""

    asked_by: str
    max_bytes: int
    width: int


class StillDeclined(ServerMessage, tag="still_declined", frozen=True, kw_only=True):
    """The still that this page asked a participant for will not come."""

    participant_id: str


class PeriodicStills(ServerMessage, tag="periodic_stills", frozen=True, kw_only=True):
    """Send a small still by itself every ``every_s`` seconds from now on; 0: no longer."""

    leg_id: str
    every_s: float
    max_bytes: int = 0
    width: int = 0


class QueueEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One waiting consultation as a clinician sees it.

    ``asks_for_you``: the patient saw this clinician before, or was handed over. ``suits``: language and gender
    are as the patient wished. ``discreet``: survivor-safe; nothing is said of why it was asked for.
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
    suits: bool = True
    discreet: bool = False

    def __repr__(self) -> str:
        """Without the reason, which is the patient's."""
        return f"<QueueEntry {self.consultation_id}>"


class Queue(ServerMessage, tag="queue", frozen=True, kw_only=True):
    """All that is offered to this clinician, most urgent and longest waiting first."""

    entries: list[QueueEntry]


class Waiting(ServerMessage, tag="waiting", frozen=True, kw_only=True):
    """A station's place in the queue, counting from 1, and how many clinicians on duty are offered it.

    ``widened``: how wide the offer is (signaling/routing.py). ``expected_*_s``: how long patients like this one
    waited lately, from the request on: half of them less than the median, eight in ten within low and high; None:
    not known yet. ``next_on_duty_in_s``: when the roster has somebody, while nobody is offered it.
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


class Duty(ServerMessage, tag="duty", frozen=True, kw_only=True):
    """Whether the server holds this clinician to be on duty."""

    on: bool


class Participant(msgspec.Struct, frozen=True):
    """One participant of a consultation as the others see them; rungs while in a call with somebody."""

    participant_id: str
    role: Role
    name: str
    presence: Presence
    audio_muted: bool = False
    video_muted: bool = False
    link: LinkQuality = LinkQuality(level=0)
    site: str = ""
    rung_down: Rung | None = None
    rung_up: Rung | None = None
    rung_reason: RungReason | None = None


class Consultation(ServerMessage, tag="consultation", frozen=True, kw_only=True):
    """The whole of a consultation as its participants see it; sent at every change.

    ``discreet``: survivor-safe; pages show who is there all the time, and a way out at once.
    """

    consultation_id: str
    state: ConsultationState
    urgency: Urgency
    reason: str
    participants: list[Participant]
    discreet: bool = False


class ConsentWithdrawn(ServerMessage, tag="consent_withdrawn", frozen=True, kw_only=True):
    """The patient no longer agrees to be seen from afar: the consultation ends now. Nobody's fault, no error."""

    consultation_id: str


class MediationState(StrEnum):
    """Where the invitation of a mediator stands; all but the first two are ends."""

    INVITED = "invited"
    JOINED = "joined"
    DECLINED = "declined"
    EXPIRED = "expired"
    LEFT = "left"
    REMOVED = "removed"


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


class GroupSeat(msgspec.Struct, frozen=True, omit_defaults=True):
    """One participant of a group as the others see them. ``silenced``: by the host."""

    seat_id: str
    pseudonym: str
    admitted: bool
    presence: Presence
    audio_muted: bool = False
    video_muted: bool = False
    silenced: bool = False
    link: LinkQuality = LinkQuality(level=0)


class Group(ServerMessage, tag="group", frozen=True, kw_only=True):
    """The whole of a group session, at every change. ``code`` and the lobby are the host's only.

    ``own_seat`` is empty for the host. Slots name seats, and the host by ``host_id``. ``open`` false: it is over,
    or one is no longer in it.
    """

    group_id: str
    host_id: str
    host_name: str
    host_presence: Presence
    open: bool
    seats: list[GroupSeat]
    own_seat: str = ""
    code: str = ""


class Goodbye(ServerMessage, tag="goodbye", frozen=True, kw_only=True):
    """The server closes this socket; ``code`` says why, ``retry`` whether coming back makes sense."""

    code: str
    retry: bool


AnyServerMessage = (
    Welcome
    | Pong
    | Error
    | LegAnswer
    | LegState
    | SendParameters
    | Slots
    | StillWanted
    | StillDeclined
    | PeriodicStills
    | Link
    | Rungs
    | Queue
    | Waiting
    | Duty
    | Consultation
    | ConsentWithdrawn
    | Invitation
    | Mediation
    | Group
    | Goodbye
)

_client_decoder: msgspec.json.Decoder[AnyClientMessage] = msgspec.json.Decoder(AnyClientMessage)
_server_decoder: msgspec.json.Decoder[AnyServerMessage] = msgspec.json.Decoder(AnyServerMessage)
_encoder = msgspec.json.Encoder()


def decode_client(text: str | bytes) -> AnyClientMessage:
    """Read one message from a page. Raises MalformedMessage, whatever came in."""
    try:
        return _client_decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedMessage(type(error).__name__) from None


def decode_server(text: str | bytes) -> AnyServerMessage:
    """Read one message from the server (tests and benchmarks). Raises MalformedMessage."""
    try:
        return _server_decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedMessage(type(error).__name__) from None


def encode(message: ClientMessage | ServerMessage) -> str:
    """Write one message as JSON text."""
    return _encoder.encode(message).decode()
