"""The other short words of a case: age bands, sexes, kinds, recipients of a referral, outcomes.

Owns: names only; their words are in the catalogs under ``age.``, ``sex.``, ``recipient.`` and ``outcome.``. Pure.
"""

from __future__ import annotations

from enum import StrEnum

from server.people.profile import Specialty


class Kind(StrEnum):
    """How a case is handled; kinds.py says what follows."""

    ORDINARY = "ordinary"
    SURVIVOR_SAFE = "survivor_safe"
    GROUP_SEAT = "group_seat"  # what the consent of a participant of a group session hangs on


class AgeBand(StrEnum):
    """How old; the bands of IMCI and of WHO's health statistics, never a date of birth.

    Each begins with a birthday: a child of 12 months is `UNDER_FIVE`, one of 60 is `CHILD`.
    """

    NEWBORN = "newborn"  # up to 28 days
    INFANT = "infant"  # to 11 months
    UNDER_FIVE = "under_five"  # 12 to 59 months
    CHILD = "child"  # 60 months to 9 years
    ADOLESCENT = "adolescent"  # 10 to 19
    ADULT = "adult"  # 20 to 59
    ELDER = "elder"  # 60 and more
    UNKNOWN = "unknown"  # asked for, and nobody knows


class Sex(StrEnum):
    """FHIR AdministrativeGender, as far as it changes what is asked."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"  # asked for, and nobody knows


class Service(StrEnum):
    """Who, beside another specialty, a patient can be referred to.

    The first four are of a One Stop Center and answer calls here; the programmes are reached on paper.
    """

    CENTER_DOCTOR = "center_doctor"
    CENTER_PSYCHOLOGIST = "center_psychologist"
    CENTER_LAWYER = "center_lawyer"
    CENTER_SOCIAL_WORKER = "center_social_worker"
    # Medical assistance for the poorest, compulsory insurance, and the national safety nets.
    RAMED = "ramed"
    AMO = "amo"
    JIGISEMEJIRI = "jigisemejiri"


# Which specialty answers for a service of a One Stop Center.
ANSWERS: dict[Service, Specialty] = {
    Service.CENTER_DOCTOR: Specialty.GENERAL,
    Service.CENTER_PSYCHOLOGIST: Specialty.PSYCHOLOGY,
    Service.CENTER_LAWYER: Specialty.LAW,
    Service.CENTER_SOCIAL_WORKER: Specialty.SOCIAL_WORK,
}

Recipient = Specialty | Service


def recipient(word: str) -> Recipient | None:
    """Whom this word names; None: nobody."""
    for kind in (Specialty, Service):
        if word in kind.__members__.values():
            return kind(word)
    return None


def answering(to: Recipient) -> Specialty | None:
    """The specialty that will answer a call for this recipient; None: it is reached on paper."""
    return to if isinstance(to, Specialty) else ANSWERS.get(to)


class Outcome(StrEnum):
    """What became of the patient, as the station tells later."""

    RECOVERED = "recovered"
    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    TRANSFERRED = "transferred"  # taken to a hospital
    DIED = "died"
    LOST = "lost"  # never seen again


# What a clinician should hear of at once.
GRAVE = frozenset({Outcome.WORSE, Outcome.TRANSFERRED, Outcome.DIED})
