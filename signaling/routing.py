"""Decides which clinicians are offered a waiting consultation, depending on how long it waits.

Owns: the steps by which an offer widens, and which specialties substitute for others. Pure. Must never decide by
a clinician's name or by why a patient came. Wishes come first but never block an answer: each step lets more people
answer, no step withdraws an offer, and the patient sees which step applies.

    first      the clinician this patient saw before (or was handed to), when on duty: alone
    matching   everybody of the specialty who speaks the language and is the woman or man that was wished for
    relaxed    everybody of the specialty: where a red case begins, for a life comes before a wish
    anybody    every clinician, except for services without a substitute
    alarm      the same, and the coordinator is alerted (red only)

A clinician without listed specialties answers for all; a clinician without listed languages counts as speaking all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum

from signaling.messages import Urgency


class OfferWidth(IntEnum):
    """How wide an offer is."""

    FIRST = 0
    MATCHING = 1
    RELAXED = 2
    ANYBODY = 3
    ALARM = 4


@dataclass(frozen=True, slots=True)
class Skills:
    """The skills of a clinician, as codes of the server's vocabularies."""

    specialties: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The wishes for a consultation's clinician; "" and None: any."""

    specialty: str = ""
    language: str = ""
    gender: str = ""
    clinician_id: str | None = None
    clinician_name: str = ""  # told to people, and nothing is decided by it
    # Survivor-safe: only the specialty is ever offered it, and the reason stays hidden.
    discreet: bool = False


NO_WISHES = Wishes()

# Seconds of waiting after which each step begins, from `matching` on; a step without an entry never begins.
# Red: a mother who bleeds after birth can die within two hours, and nobody lifts a patient onto a cart while an
# answer may still come: everybody of the specialty at once, and after half a minute whoever there is. Orange and
# green: the wish is worth about the wait that people report from eSanjeevani (minutes), a specialist about half an
# hour.
WIDENS_AFTER_S: Mapping[Urgency, Mapping[OfferWidth, float]] = {
    Urgency.RED: {
        OfferWidth.RELAXED: 0,
        OfferWidth.ANYBODY: 30,
        OfferWidth.ALARM: 300,
    },
    Urgency.ORANGE: {OfferWidth.MATCHING: 120, OfferWidth.RELAXED: 300, OfferWidth.ANYBODY: 900},
    Urgency.GREEN: {OfferWidth.MATCHING: 600, OfferWidth.RELAXED: 900, OfferWidth.ANYBODY: 1800},
}

# Lawyers, social workers and psychologists do not substitute for clinicians, nor clinicians for them.
APART = frozenset({"law", "social_work", "psychology"})


def width_after(urgency: Urgency, waited_s: float) -> OfferWidth:
    """How wide an offer is after this many seconds."""
    begun = [found for found, from_s in WIDENS_AFTER_S[urgency].items() if waited_s >= from_s]
    return max(begun, default=OfferWidth.FIRST)


def offered(
    wishes: Wishes, now: OfferWidth, clinician_id: str, skills: Skills, on_duty: Collection[str]
) -> bool:
    """Whether this clinician, who is on duty, is offered the consultation."""
    if wishes.clinician_id is not None:
        if clinician_id == wishes.clinician_id and (not wishes.discreet or is_of(wishes.specialty, skills)):
            return True
        if now is OfferWidth.FIRST and wishes.clinician_id in on_duty:
            return False
    if not _answers(wishes.specialty, min(now, OfferWidth.RELAXED) if wishes.discreet else now, skills):
        return False
    return now >= OfferWidth.RELAXED or suits(wishes, skills)


def shown_width(wishes: Wishes, now: OfferWidth, on_duty: Collection[str]) -> OfferWidth:
    """The step as the waiting patient sees it: only wishes that the patient has count.

    Nobody is asked first who is not on duty.
    """
    if wishes.discreet:
        now = min(now, OfferWidth.RELAXED)
    if now is OfferWidth.ALARM or (
        now is OfferWidth.ANYBODY and wishes.specialty and wishes.specialty not in APART
    ):
        return now
    if now >= OfferWidth.RELAXED and (wishes.language or wishes.gender):
        return OfferWidth.RELAXED
    return (
        OfferWidth.FIRST
        if now is OfferWidth.FIRST and wishes.clinician_id in on_duty
        else OfferWidth.MATCHING
    )


def suits(wishes: Wishes, skills: Skills) -> bool:
    """Whether the clinician's language and gender are as the patient wished."""
    speaks = not wishes.language or not skills.languages or wishes.language in skills.languages
    return speaks and wishes.gender in ("", skills.gender)


def is_of(specialty: str, skills: Skills) -> bool:
    """Whether a clinician is of this very specialty; whoever only stands in for it is not."""
    return bool(specialty) and _answers(specialty, OfferWidth.RELAXED, skills)


def _answers(specialty: str, now: OfferWidth, skills: Skills) -> bool:
    if not skills.specialties or specialty in skills.specialties:
        return not (specialty in APART and not skills.specialties)
    if skills.specialties <= APART or specialty in APART:
        return False
    return specialty == "" or now >= OfferWidth.ANYBODY
