"""Consent: what a patient agreed to, kept on disk before the act it allows."""

from server.consents.consent import Company, Consent, ConsentScope, Giver, How, NewConsent
from server.consents.errors import ConsentMissing, ConsentRefusedAsWritten, as_refusal
from server.consents.store import Consents, newest_answer

__all__ = [
    "Company",
    "Consent",
    "ConsentMissing",
    "ConsentRefusedAsWritten",
    "ConsentScope",
    "Consents",
    "Giver",
    "How",
    "NewConsent",
    "as_refusal",
    "newest_answer",
]
