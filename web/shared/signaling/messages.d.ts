/**
 * The messages of the signaling protocol as the pages see them: types only, no browser loads this file.
 * Generated from signaling/messages by `make types`; do not edit.
 */

/** seq 0 or absent: unnumbered. ack: the last message of the other side that was taken. */
export interface Envelope { seq?: number; ack?: number }

/** The session a page wants back: its token and the last server ``seq`` it has seen. */
export interface Resume {
    token: string;
    seq: number;
}
/** First message on every socket, within ``HELLO_WITHIN_S``. ``ticket`` comes from the HTTP session. */
export interface Hello {
    type: "hello";
    protocol: number;
    ticket: string;
    resume?: Resume | null;
}
/** Is the server still there? Answered by `Pong`; carries the newest ``ack``. */
export interface Ping {
    type: "ping";
}
/** The page is leaving on purpose: the session ends now, without the grace time of a lost socket. */
export interface Bye {
    type: "bye";
}
/** The page's one SDP offer for a leg (own audio, own video, receive slots, data channel). */
export interface LegOffer {
    type: "leg_offer";
    sdp: string;
}
/** The page has given up this leg (it failed, or it is no longer wanted). */
export interface LegClose {
    type: "leg_close";
    leg_id: string;
}
/** Messages pass, and this leg does not connect, or no longer: the network lets no media through. */
export interface PathBlocked {
    type: "path_blocked";
    leg_id: string;
    blocked?: boolean;
}
/** Why a device that nobody switched off gives nothing; ``quiet``: it is open, and gives nothing. */
export type DeviceFault = "none" | "denied" | "busy" | "quiet";
/** What of this participant cannot be heard or seen; the others are shown it. */
export interface MediaState {
    type: "media_state";
    audio_muted: boolean;
    video_muted: boolean;
    audio_fault?: DeviceFault | null;
    video_fault?: DeviceFault | null;
}
/** What the picture shows: a face, a detail (skin, wound) or motion (gait, sign language). */
export type ClinicalProfile = "face" | "detail" | "motion";
/** What this participant has chosen, for this leg and any later one of the session. */
export interface Preferences {
    type: "preferences";
    audio_only?: boolean;
    save_data?: boolean;
    profile?: ClinicalProfile;
}
/** W3C RTCQualityLimitationReason: what limits this page's picture. */
export type QualityLimitation = "none" | "cpu" | "bandwidth" | "other";
/** The uplink estimate of this page's own congestion control (W3C availableOutgoingBitrate). */
export interface SendReport {
    type: "send_report";
    leg_id: string;
    available_outgoing_bps?: number | null;
    quality_limitation: QualityLimitation;
    quantizer?: number | null;
}
/** A clinician in a call wants a sharp picture of another participant. */
export interface AskStill {
    type: "ask_still";
    participant_id: string;
}
/** The requested still will not come: refused, or no camera. */
export interface DeclineStill {
    type: "decline_still";
    asked_by: string;
}
/** Triage colour, most urgent first. */
export type Urgency = "red" | "orange" | "green";
/** A station asks for a specialist. */
export interface RequestConsultation {
    type: "request_consultation";
    urgency: Urgency;
    reason?: string;
    case_id?: string | null;
}
/** The station no longer wants the consultation it asked for. */
export interface CancelRequest {
    type: "cancel_request";
    consultation_id: string;
}
/** A clinician starts or ends being on duty. */
export interface SetDuty {
    type: "set_duty";
    on: boolean;
}
/** A clinician takes a consultation from the queue. */
export interface Accept {
    type: "accept";
    consultation_id: string;
}
/** This participant leaves the call; the consultation is never closed by it. */
export interface Leave {
    type: "leave";
    consultation_id: string;
}
/** The station or a clinician closes the consultation for everybody. */
export interface End {
    type: "end";
    consultation_id: string;
}
/** The station or a clinician invites a mediator of the roster. */
export interface InviteMediator {
    type: "invite_mediator";
    consultation_id: string;
    mediator_id: string;
}
/** A mediator accepts, bound by the pledge (text name and version) read in this language, or declines. */
export interface AnswerInvitation {
    type: "answer_invitation";
    invitation_id: string;
    accept: boolean;
    pledge?: string | null;
    language?: string | null;
}
/** Why a mediator is removed. */
export type RemovalReason = "done" | "patient_wish" | "other";
/** The station or a clinician removes a mediator; the patient's wish is reason enough. */
export interface RemoveParticipant {
    type: "remove_participant";
    consultation_id: string;
    participant_id: string;
    why?: RemovalReason;
}
/** A clinician opens a group session and hosts it; `Group` answers with the code for participants. */
export interface OpenGroup {
    type: "open_group";
}
/** A station asks to join under a pseudonym. ``seat_id`` names the participant's consent. */
export interface AskSeat {
    type: "ask_seat";
    seat_id: string;
    code: string;
    pseudonym?: string;
}
/** The host admits somebody from the lobby. */
export interface AdmitSeat {
    type: "admit_seat";
    seat_id: string;
}
/** The host mutes somebody, or ends the muting; the muted page cannot end it. */
export interface MuteSeat {
    type: "mute_seat";
    seat_id: string;
    muted: boolean;
}
/** The host removes somebody, or does not admit them. */
export interface RemoveSeat {
    type: "remove_seat";
    seat_id: string;
}
/** A participant leaves the group; when the host leaves, the group ends. */
export interface LeaveGroup {
    type: "leave_group";
}
/** What a participant is. The first three take part in consultations, the others administer the service. */
export type Role = "station" | "clinician" | "mediator" | "coordinator" | "records_officer" | "auditor" | "administrator";
/** W3C RTCIceServer. */
export interface IceServer {
    urls: string[];
    username?: string;
    credential?: string;
}
/** Answer to `Hello`. ``resumed`` false after a failed resume: the page starts from an empty state. */
export interface Welcome {
    type: "welcome";
    session_id: string;
    resume_token: string;
    resumed: boolean;
    resume_within_s: number;
    heartbeat_s: number;
    participant_id: string;
    role: Role;
    name: string;
    ice_servers?: IceServer[];
    leg_id?: string;
    data_price_per_gb?: number;
    data_currency?: string;
}
/** TURN servers with a new name and password, before those of the `Welcome` expire: for the next leg. */
export interface IceServers {
    type: "ice_servers";
    ice_servers: IceServer[];
}
/** Answer to `Ping`. */
export interface Pong {
    type: "pong";
}
/** A message could not be carried out; ``ref`` is its ``seq``. ``code`` is a key of the catalogs. */
export interface ErrorMessage {
    type: "error";
    code: string;
    ref?: number;
}
/** The server closes this socket; ``code`` says why, ``retry`` whether coming back makes sense. */
export interface Goodbye {
    type: "goodbye";
    code: string;
    retry: boolean;
}
/** The server's answer to the `LegOffer` with seq ``ref``, with all candidates. */
export interface LegAnswer {
    type: "leg_answer";
    leg_id: string;
    sdp: string;
    ref?: number;
}
/** W3C RTCPeerConnectionState of the leg as the server sees it. */
export interface LegState {
    type: "leg_state";
    leg_id: string;
    state: string;
}
/** How a page shall send its voice; ``level``: with the audio level of RFC 6464 in each packet. */
export interface AudioParameters {
    active: boolean;
    max_bitrate_bps: number;
    ptime_ms: number;
    dtx: boolean;
    fec: boolean;
    red: boolean;
    level: boolean;
}
/** How a page shall send its picture: fields of W3C RTCRtpEncodingParameters and RTCRtpSendParameters. */
export interface VideoParameters {
    active: boolean;
    max_bitrate_bps: number;
    max_framerate: number;
    scale_resolution_down_by: number;
    codec: string | null;
    degradation_preference: RTCDegradationPreference | null;
    scalability_mode: string | null;
}
/** What this page shall send from now on; ``low``, often left out: a second, small copy of its picture. */
export interface SendParameters {
    type: "send_parameters";
    leg_id: string;
    audio: AudioParameters;
    video: VideoParameters;
    low?: VideoParameters;
}
/** One receive slot of a leg, and the participant whose media it carries (None: nobody). */
export interface Slot {
    index: number;
    audio_mid: string;
    video_mid: string;
    participant_id: string | null;
}
/** The participant in each receive slot of this page's leg. */
export interface Slots {
    type: "slots";
    leg_id: string;
    slots: Slot[];
}
/** A link as measured on its leg. ``level``: 0 no link, 1 poor, 2 thin, 3 fair, 4 good. */
export interface LinkQuality {
    level: number;
    rtt_ms: number | null;
    loss_ratio: number | null;
    down_kbps: number | null;
    up_kbps: number | null;
    blocked?: boolean;
}
/** This page's own link quality. */
export interface Link {
    type: "link";
    quality: LinkQuality;
}
/** One step of the quality ladder of one leg in one direction, best first. */
export type Rung = "video-high" | "video" | "video-low" | "stills" | "voice" | "voice-thin" | "messages";
/** Why a leg is on its rung, in terms that a person can act on. */
export type RungReason = "link" | "pinned" | "other_side" | "camera_off" | "starting" | "full";
/** The leg's rung of the quality ladder in each direction, and why the lower one is not higher. */
export interface Rungs {
    type: "rungs";
    leg_id: string;
    down: Rung;
    up: Rung;
    reason: RungReason;
}
/** A clinician wants a sharp picture from this page's camera, within these bytes and this width in pixels. */
export interface StillWanted {
    type: "still_wanted";
    asked_by: string;
    max_bytes: number;
    width: number;
}
/** The still that this page requested from a participant will not come. */
export interface StillDeclined {
    type: "still_declined";
    participant_id: string;
}
/** Send a small still by itself every ``every_s`` seconds from now on; 0: no longer. */
export interface PeriodicStills {
    type: "periodic_stills";
    leg_id: string;
    every_s: number;
    max_bytes?: number;
    width?: number;
}
/** One waiting consultation as a clinician sees it. */
export interface QueueEntry {
    consultation_id: string;
    site: string;
    station: string;
    urgency: Urgency;
    reason: string;
    waiting_s: number;
    link: LinkQuality;
    specialty?: string;
    language?: string;
    gender_wish?: string;
    asks_for_you?: boolean;
    handed_over_by?: string;
    suits?: boolean;
    discreet?: boolean;
}
/** Every consultation offered to this clinician, most urgent and longest waiting first. */
export interface Queue {
    type: "queue";
    entries: QueueEntry[];
}
/** How wide the offer of a waiting consultation is; the steps are in signaling/routing.py. */
export type Widened = "first" | "matching" | "relaxed" | "anybody" | "alarm";
/** A station's place in the queue, counting from 1, and how many clinicians on duty are offered it. */
export interface Waiting {
    type: "waiting";
    consultation_id: string;
    position: number;
    on_duty: number;
    waiting_s: number;
    widened?: Widened;
    expected_median_s?: number;
    expected_low_s?: number;
    expected_high_s?: number;
    next_on_duty_in_s?: number;
    handed_over_by?: string;
    handed_over_to?: string;
}
/** Whether the server considers this clinician on duty. */
export interface Duty {
    type: "duty";
    on: boolean;
}
/** The state of a consultation; the table of moves is in signaling/states.py. */
export type ConsultationState = "requested" | "offered" | "accepted" | "in_call" | "interrupted" | "closed" | "cancelled";
/** Whether a participant can be reached right now. */
export type Presence = "connected" | "reconnecting" | "away";
/** One participant of a consultation as the others see it; rungs only during a call with somebody. */
export interface Participant {
    participant_id: string;
    role: Role;
    name: string;
    presence: Presence;
    audio_muted: boolean;
    video_muted: boolean;
    audio_fault?: DeviceFault;
    video_fault?: DeviceFault;
    link: LinkQuality;
    site: string;
    rung_down: Rung | null;
    rung_up: Rung | null;
    rung_reason: RungReason | null;
}
/** A whole consultation as its participants see it; sent at every change. */
export interface Consultation {
    type: "consultation";
    consultation_id: string;
    state: ConsultationState;
    urgency: Urgency;
    reason: string;
    participants: Participant[];
    discreet?: boolean;
}
/** The patient does not agree to be seen from afar: the consultation ends now. Nobody's fault, no error. */
export interface ConsentWithdrawn {
    type: "consent_withdrawn";
    consultation_id: string;
    refused?: boolean;
}
/** A grave outcome of a patient whom this clinician treated; ``site`` is empty for a survivor-safe case. */
export interface CaseNews {
    type: "case_news";
    consultation_id: string;
    outcome: string;
    site?: string;
}
/** A mediator is invited: by whom, where, for which language. ``discreet``: survivor-safe, no place. */
export interface Invitation {
    type: "invitation";
    invitation_id: string;
    asked_by: string;
    expires_in_s: number;
    site?: string;
    language?: string;
    discreet?: boolean;
}
/** A clinician wishes for this mediator: the station asks the patient, and then invites the mediator itself. */
export interface ConsentWanted {
    type: "consent_wanted";
    consultation_id: string;
    mediator_id: string;
    name: string;
    asked_by: string;
}
/** The state of a mediator's invitation; ``asking``, ``invited`` and ``joined`` are not final. */
export type MediationState = "asking" | "refused" | "invited" | "joined" | "declined" | "expired" | "left" | "removed";
/** What became of an invitation; sent to the inviter, the clinician in charge and the mediator. */
export interface Mediation {
    type: "mediation";
    invitation_id: string;
    consultation_id: string;
    mediator_id: string;
    name: string;
    state: MediationState;
}
/** One participant of a group as the others see them. ``silenced``: by the host. */
export interface GroupSeat {
    seat_id: string;
    pseudonym: string;
    admitted: boolean;
    presence: Presence;
    audio_muted?: boolean;
    video_muted?: boolean;
    audio_fault?: DeviceFault;
    video_fault?: DeviceFault;
    silenced?: boolean;
    link?: LinkQuality;
}
/** Why a group is over for one participant; but for ``over``, the others go on. */
export type GroupEnd = "over" | "left" | "removed" | "refused" | "withdrawn" | "lost";
/** A whole group session, sent at every change. Only the host gets ``code`` and the lobby. */
export interface Group {
    type: "group";
    group_id: string;
    host_id: string;
    host_name: string;
    host_presence: Presence;
    open: boolean;
    seats: GroupSeat[];
    own_seat?: string;
    code?: string;
    why?: GroupEnd;
}
export type ClientMessage = Hello | Ping | Bye | LegOffer | LegClose | PathBlocked | MediaState | Preferences | SendReport | AskStill | DeclineStill | RequestConsultation | CancelRequest | SetDuty | Accept | Leave | End | InviteMediator | AnswerInvitation | RemoveParticipant | OpenGroup | AskSeat | AdmitSeat | MuteSeat | RemoveSeat | LeaveGroup;
export type ServerMessage = Welcome | IceServers | Pong | ErrorMessage | Goodbye | LegAnswer | LegState | SendParameters | Slots | Link | Rungs | StillWanted | StillDeclined | PeriodicStills | Queue | Waiting | Duty | Consultation | ConsentWithdrawn | CaseNews | Invitation | ConsentWanted | Mediation | Group;
