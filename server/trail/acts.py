"""Everything that leaves a trace, by name.

Owns: `Act`. A name that was written once stays for good: the chain of hashes covers it. Must never carry data of
its own; what an act was about stands in the entry's ids and facts.
"""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    """One kind of access or act. Every area adds its own; none is renamed or removed."""

    CONSENT_GIVEN = "consent_given"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENTS_READ = "consents_read"

    CASE_OPENED = "case_opened"
    CASE_READ = "case_read"
    CASES_LISTED = "cases_listed"
    CASE_OPEN_TOLD = "case_open_told"
    CASE_ESCALATED = "case_escalated"
    CASE_TRANSFERRED = "case_transferred"
    PHOTO_STORED = "photo_stored"
    PHOTO_READ = "photo_read"
    NOTE_WRITTEN = "note_written"
    SUMMARY_READ = "summary_read"
    REFERRAL_WRITTEN = "referral_written"
    OUTCOME_REPORTED = "outcome_reported"
    CASE_ERASED = "case_erased"
    CASE_HELD = "case_held"
    CASE_RELEASED = "case_released"
    COPY_MADE = "copy_made"
    RETENTION_CHANGED = "retention_changed"
    ROSTER_CHANGED = "roster_changed"
    SITE_RULES_CHANGED = "site_rules_changed"
    CONSULTATION_REQUESTED = "consultation_requested"
    CONSULTATION_ACCEPTED = "consultation_accepted"
    CONSULTATION_RELEASED = "consultation_released"
    CONSULTATION_CLOSED = "consultation_closed"
    CONSULTATION_CANCELLED = "consultation_cancelled"

    MEDIATOR_INVITED = "mediator_invited"
    MEDIATOR_JOINED = "mediator_joined"
    MEDIATOR_DECLINED = "mediator_declined"
    MEDIATOR_NOT_ANSWERING = "mediator_not_answering"
    MEDIATOR_LEFT = "mediator_left"
    MEDIATOR_REMOVED = "mediator_removed"
    MEDIATION_REPORTED = "mediation_reported"

    GROUP_OPENED = "group_opened"
    GROUP_CLOSED = "group_closed"
    SEAT_OPENED = "seat_opened"
    SEAT_ADMITTED = "seat_admitted"
    SEAT_MUTED = "seat_muted"
    SEAT_REMOVED = "seat_removed"
    SEAT_LEFT = "seat_left"

    AUDIT_READ = "audit_read"
    AUDIT_EXPORTED = "audit_exported"
    AUDIT_VERIFIED = "audit_verified"
    CLOCK_BELIEVED = "clock_believed"
    REPORT_READ = "report_read"

    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_REFUSED = "sign_in_refused"
    ACCESS_REFUSED = "access_refused"
    SESSIONS_ENDED = "sessions_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (the name of an act)
    SECOND_FACTOR_ENROLLED = "second_factor_enrolled"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ACCOUNT_RESET = "account_reset"
    PROVIDER_LINKED = "provider_linked"
    PROVIDER_UNLINKED = "provider_unlinked"
    STATION_CODE_MADE = "station_code_made"
    STATION_ENROLLED = "station_enrolled"
    STATION_REVOKED = "station_revoked"
    STATION_PIN_MADE = "station_pin_made"
    STATION_PIN_REMOVED = "station_pin_removed"
    STATION_UNLOCKED = "station_unlocked"


class System(StrEnum):
    """Who acts when it is no participant: the server by itself, an operator at the command line, or somebody
    who has not shown who they are.
    """

    SERVER = "server"
    OPERATOR = "operator"
    STRANGER = "stranger"
