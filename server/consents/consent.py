"""What makes a consent: its words and the rules of one answer.

Owns: scopes, who may give it, how, and the check of a new answer. Pure. After FHIR R5 Consent (decision, grantor,
period, sourceReference), cut to what is asked at a health post.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from server.consents.errors import ConsentRefusedAsWritten
from server.platform.redacted import Redacted

NAME_MAX_CHARS = 200
# The recipient of a referral who is a mediator: in a survivor-safe case one more whom the patient agrees to.
MEDIATOR_RECIPIENT = "mediator"
# A text that was read out: its name and its version, as in `teleconsultation-2`.
_TEXT_ID = re.compile(r"[a-z][a-z_]{0,40}-[1-9][0-9]{0,3}")
# ISO 639 with an optional script or region (BCP 47): fr, bm, ff, bm-Nkoo.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")


class ConsentScope(StrEnum):
    """What is agreed to. A referral is agreed to for one recipient at a time."""

    TELECONSULTATION = "teleconsultation"
    RECORDING = "recording"
    REFERRAL = "referral"


class How(StrEnum):
    """How the answer was given."""

    SPOKEN = "spoken"
    SIGNED = "signed"
    THUMB = "thumb"


class Giver(StrEnum):
    """Who answered. All but the patient answer for one who is a minor or cannot consent."""

    PATIENT = "patient"
    MOTHER = "mother"
    FATHER = "father"
    GUARDIAN = "guardian"
    RELATIVE = "relative"
    # Nobody could be asked and waiting would harm: the health worker decides, and says so.
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class NewConsent:
    """One answer, yes or no. ``recipient``: id of who receives a referral; ``text_id``: what was explained.

    ``giver_name`` (who answered for the patient) and ``explained_by`` (the health worker) are personal.
    """

    consultation_id: str
    scope: ConsentScope
    given: bool
    language: str
    text_id: str
    how: How
    giver: Giver
    explained_by: Redacted
    recorded_by: str
    recipient: str | None = None
    giver_name: Redacted | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """An answer as it stands on disk. Times are UTC seconds."""

    id: str
    answer: NewConsent
    recorded_at: float
    withdrawn_at: float | None

    @property
    def in_force(self) -> bool:
        """Whether it allows the act now."""
        return self.answer.given and self.withdrawn_at is None


def check(new: NewConsent) -> None:
    """Raises ConsentRefusedAsWritten when this is no consent: nobody explained it, no recipient, no text."""
    if (new.scope is ConsentScope.REFERRAL) != bool(new.recipient):
        raise ConsentRefusedAsWritten("consent_recipient")
    if not new.explained_by.reveal().strip() or len(new.explained_by.reveal()) > NAME_MAX_CHARS:
        raise ConsentRefusedAsWritten("consent_explained_by")
    if not _TEXT_ID.fullmatch(new.text_id) or not new.text_id.startswith(new.scope.value):
        raise ConsentRefusedAsWritten("consent_text")
    if not _LANGUAGE.fullmatch(new.language):
        raise ConsentRefusedAsWritten("consent_language")
    name = new.giver_name.reveal().strip() if new.giver_name else ""
    if len(name) > NAME_MAX_CHARS:
        raise ConsentRefusedAsWritten("consent_giver")
    if new.giver is Giver.EMERGENCY and new.scope is not ConsentScope.TELECONSULTATION:
        # Help comes first; a recording or a referral can wait until somebody can be asked.
        raise ConsentRefusedAsWritten("consent_giver")
