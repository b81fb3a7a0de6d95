"""What makes a consent: its words and the rules of one answer.

Owns: scopes, who may give it, how, which words are read aloud for what, and the check of a new answer. Pure. After
FHIR R5 Consent (decision, grantor, period, sourceReference), cut to what is asked at a health post.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.consents.errors import ConsentRefusedAsWritten
from server.platform.redacted import Redacted

NAME_MAX_CHARS = 200
# A text that was read out: its name and its version, as in `teleconsultation-2`.
_TEXT_ID = re.compile(r"([a-z][a-z_]{0,40})-[1-9][0-9]{0,3}")
# ISO 639 with an optional script or region (BCP 47): fr, bm, ff, bm-Nkoo.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")


class ConsentScope(StrEnum):
    """What is agreed to. A referral is agreed to for one recipient at a time.

    ``THIRD_PERSON``: a mediator sees and hears the consultation too.
    """

    TELECONSULTATION = "teleconsultation"
    RECORDING = "recording"
    REFERRAL = "referral"
    THIRD_PERSON = "third_person"


class Company(StrEnum):
    """Who else is there when somebody is seen from afar; what is read aloud must be true of it."""

    PAIR = "pair"  # one clinician
    GROUP = "group"  # a host, and others who take part


# The words that are read aloud (web/shared/cases/consents/), by what is agreed to and in which company. What is
# not here cannot be agreed to: in a group, nobody's yes opens the door to a film or to one more person.
TEXT_NAMES: Mapping[Company, Mapping[ConsentScope, str]] = {
    Company.PAIR: {scope: scope.value for scope in ConsentScope},
    Company.GROUP: {ConsentScope.TELECONSULTATION: "group"},
}


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


# What somebody who cannot be asked may need at once: to be seen, and to be understood.
_HELPS = frozenset({ConsentScope.TELECONSULTATION, ConsentScope.THIRD_PERSON})


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


def explains(text_id: str, scope: ConsentScope, company: Company) -> bool:
    """Whether these words say what happens in this company."""
    named = _TEXT_ID.fullmatch(text_id)
    return named is not None and named[1] == TEXT_NAMES[company].get(scope)


def check(new: NewConsent, company: Company = Company.PAIR) -> None:
    """Raises ConsentRefusedAsWritten when this is no consent: nobody explained it, no recipient, other words."""
    if (new.scope is ConsentScope.REFERRAL) != bool(new.recipient):
        raise ConsentRefusedAsWritten("consent_recipient")
    if not new.explained_by.reveal().strip() or len(new.explained_by.reveal()) > NAME_MAX_CHARS:
        raise ConsentRefusedAsWritten("consent_explained_by")
    if not explains(new.text_id, new.scope, company):
        raise ConsentRefusedAsWritten("consent_text")
    if not _LANGUAGE.fullmatch(new.language):
        raise ConsentRefusedAsWritten("consent_language")
    name = new.giver_name.reveal().strip() if new.giver_name else ""
    if len(name) > NAME_MAX_CHARS:
        raise ConsentRefusedAsWritten("consent_giver")
    if new.giver is Giver.EMERGENCY and new.scope not in _HELPS:
        # Help comes first; a recording or a referral can wait until somebody can be asked.
        raise ConsentRefusedAsWritten("consent_giver")
