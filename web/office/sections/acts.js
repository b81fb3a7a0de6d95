/**
 * All acts in the audit trail, in the order of server/trail/acts.py (a test compares the two). Owns: the list; its texts
 * have the keys `act.<code>`.
 */

export const ACTS = [
    "consent_given", "consent_refused", "consent_withdrawn", "consents_read", "case_opened", "case_read",
    "cases_listed", "case_open_told", "case_escalated", "case_transferred", "photo_stored", "photo_read", "note_written", "summary_read",
    "referral_written", "outcome_reported", "case_erased", "case_held", "case_released", "copy_made", "retention_changed", "roster_changed", "site_rules_changed", "consultation_requested",
    "consultation_accepted", "consultation_released", "consultation_closed", "consultation_cancelled",
    "mediator_invited", "mediator_joined", "mediator_declined", "mediator_not_answering", "mediator_left",
    "mediator_removed", "mediation_reported", "group_opened", "group_closed", "seat_opened", "seat_admitted",
    "seat_muted", "seat_removed", "seat_left", "audit_read", "audit_exported", "audit_verified", "clock_believed", "report_read",
    "signed_in", "signed_out", "sign_in_refused", "access_refused", "sessions_ended", "password_changed", "second_factor_enrolled",
    "second_factor_removed", "passkey_added", "passkey_removed", "recovery_codes_made", "recovery_code_used", "account_created",
    "account_changed", "account_disabled", "account_enabled", "account_reset", "provider_linked", "provider_unlinked",
    "station_code_made", "station_enrolled", "station_revoked",
    "station_pin_made", "station_pin_removed", "station_unlocked",
];
