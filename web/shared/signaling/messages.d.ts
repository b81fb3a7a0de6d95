/**
 * The messages of the signaling protocol as the pages see them: types only, no browser loads this file.
 * The truth is signaling/messages; tests/web compares the two, field by field.
 */

export type Urgency = "red" | "orange" | "green";
export type Role = "station" | "clinician" | "mediator" | "coordinator" | "records_officer" | "auditor"
    | "administrator";
export type ConsultationState =
    | "requested" | "offered" | "accepted" | "in_call" | "interrupted" | "closed" | "cancelled";
export type Presence = "connected" | "reconnecting" | "away";
export type Rung = "video-high" | "video" | "video-low" | "stills" | "voice" | "voice-thin" | "messages";
export type RungReason = "link" | "pinned" | "other_side" | "camera_off" | "starting" | "full";
export type Widened = "first" | "matching" | "relaxed" | "anybody" | "alarm";
export type ClinicalProfile = "face" | "detail" | "motion";

export interface Resume { token: string; seq: number }

export interface Hello { type: "hello"; protocol: number; ticket: string; resume?: Resume | null }
export interface Ping { type: "ping" }
export interface LegOffer { type: "leg_offer"; sdp: string }
export interface LegClose { type: "leg_close"; leg_id: string }
export interface RequestConsultation { type: "request_consultation"; urgency: Urgency; reason?: string; case_id?: string | null }
export interface CancelRequest { type: "cancel_request"; consultation_id: string }
export interface SetDuty { type: "set_duty"; on: boolean }
export interface Accept { type: "accept"; consultation_id: string }
export interface Leave { type: "leave"; consultation_id: string }
export interface End { type: "end"; consultation_id: string }
export interface SendReport { type: "send_report"; leg_id: string; available_outgoing_bps: number; quality_limitation: "none" | "cpu" | "bandwidth" | "other"; quantizer?: number }
export interface MediaState { type: "media_state"; audio_muted: boolean; video_muted: boolean }
export interface Preferences { type: "preferences"; audio_only: boolean; save_data: boolean; profile: ClinicalProfile }
export interface AskStill { type: "ask_still"; participant_id: string }
export interface DeclineStill { type: "decline_still"; asked_by: string }
export interface InviteMediator { type: "invite_mediator"; consultation_id: string; mediator_id: string }
export interface AnswerInvitation { type: "answer_invitation"; invitation_id: string; accept: boolean; pledge?: string | null; language?: string | null }
export interface RemoveParticipant { type: "remove_participant"; consultation_id: string; participant_id: string; why?: "done" | "patient_wish" | "other" }
export interface OpenGroup { type: "open_group" }
export interface AskSeat { type: "ask_seat"; seat_id: string; code: string; pseudonym?: string }
export interface AdmitSeat { type: "admit_seat"; seat_id: string }
export interface MuteSeat { type: "mute_seat"; seat_id: string; muted: boolean }
export interface RemoveSeat { type: "remove_seat"; seat_id: string }
export interface LeaveGroup { type: "leave_group" }
export interface Bye { type: "bye" }

export type ClientMessage =
    | Hello | Ping | LegOffer | LegClose | RequestConsultation | CancelRequest | SetDuty | Accept | Leave
    | End | MediaState | Preferences | SendReport | AskStill | DeclineStill | InviteMediator
    | AnswerInvitation | RemoveParticipant | OpenGroup | AskSeat | AdmitSeat | MuteSeat | RemoveSeat | LeaveGroup | Bye;

/** seq 0 or absent: unnumbered. ack: the last message of ours that the server has taken. */
export interface Envelope { seq?: number; ack?: number }

export interface IceServer { urls: string[]; username?: string; credential?: string }
export interface Welcome {
    type: "welcome"; session_id: string; resume_token: string; resumed: boolean; resume_within_s: number;
    heartbeat_s: number; participant_id: string; role: Role; name: string; ice_servers?: IceServer[];
    leg_id?: string | null; data_price_per_gb?: number; data_currency?: string;
}
export interface Pong { type: "pong" }
export interface ErrorMessage { type: "error"; code: string; ref?: number }
export interface LegAnswer { type: "leg_answer"; leg_id: string; sdp: string; ref?: number }
export interface LegState { type: "leg_state"; leg_id: string; state: string }
export interface AudioParameters {
    active: boolean; max_bitrate_bps: number; ptime_ms: number; dtx: boolean; fec: boolean; red: boolean;
    level: boolean;
}
export interface VideoParameters {
    active: boolean; max_bitrate_bps: number; max_framerate: number; scale_resolution_down_by: number;
    codec: string | null; degradation_preference: RTCDegradationPreference | null;
    scalability_mode: string | null;
}
export interface SendParameters {
    type: "send_parameters"; leg_id: string; audio: AudioParameters; video: VideoParameters; low?: VideoParameters;
}
export interface Slot { index: number; audio_mid: string; video_mid: string; participant_id: string | null }
export interface Slots { type: "slots"; leg_id: string; slots: Slot[] }
export interface LinkQuality {
    level: number; rtt_ms: number | null; loss_ratio: number | null; down_kbps: number | null;
    up_kbps: number | null;
}
export interface Link { type: "link"; quality: LinkQuality }
export interface Rungs { type: "rungs"; leg_id: string; down: Rung; up: Rung; reason: RungReason }
export interface StillWanted { type: "still_wanted"; asked_by: string; max_bytes: number; width: number }
export interface StillDeclined { type: "still_declined"; participant_id: string }
export interface PeriodicStills { type: "periodic_stills"; leg_id: string; every_s: number; max_bytes?: number; width?: number }
export interface QueueEntry {
    consultation_id: string; site: string; station: string; urgency: Urgency; reason: string;
    waiting_s: number; link: LinkQuality; specialty?: string; language?: string; gender_wish?: string;
    asks_for_you?: boolean; suits?: boolean; discreet?: boolean;
}
export interface Queue { type: "queue"; entries: QueueEntry[] }
export interface Waiting {
    type: "waiting"; consultation_id: string; position: number; on_duty: number; waiting_s: number;
    widened?: Widened; expected_median_s?: number | null; expected_low_s?: number | null;
    expected_high_s?: number | null; next_on_duty_in_s?: number | null;
}
export interface Duty { type: "duty"; on: boolean }
export interface Participant {
    participant_id: string; role: Role; name: string; presence: Presence; audio_muted: boolean;
    video_muted: boolean; link: LinkQuality; site: string; rung_down: Rung | null; rung_up: Rung | null;
    rung_reason: RungReason | null;
}
export interface Consultation {
    type: "consultation"; consultation_id: string; state: ConsultationState; urgency: Urgency;
    reason: string; participants: Participant[]; discreet?: boolean;
}
export interface ConsentWithdrawn { type: "consent_withdrawn"; consultation_id: string }
export type MediationState = "invited" | "joined" | "declined" | "expired" | "left" | "removed";
export interface Invitation {
    type: "invitation"; invitation_id: string; asked_by: string; expires_in_s: number; site?: string; language?: string;
    discreet?: boolean;
}
export interface Mediation {
    type: "mediation"; invitation_id: string; consultation_id: string; mediator_id: string; name: string; state: MediationState;
}
export interface GroupSeat {
    seat_id: string; pseudonym: string; admitted: boolean; presence: Presence; audio_muted?: boolean; video_muted?: boolean;
    silenced?: boolean; link?: LinkQuality;
}
export interface Group {
    type: "group"; group_id: string; host_id: string; host_name: string; host_presence: Presence; open: boolean;
    seats: GroupSeat[]; own_seat?: string; code?: string;
}
export interface Goodbye { type: "goodbye"; code: string; retry: boolean }

export type ServerMessage =
    | Welcome | Pong | ErrorMessage | LegAnswer | LegState | SendParameters | Slots | Link | Rungs | Queue | Waiting
    | Duty | Consultation | StillWanted | StillDeclined | PeriodicStills | ConsentWithdrawn
    | Invitation | Mediation | Group | Goodbye;
