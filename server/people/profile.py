"""What is known of a person besides the role: specialties, languages, gender.

Owns: the vocabularies that routing, rosters and the pages share; their words are in the catalogs under
``specialty.``, ``spoken.`` and ``gender.``. Names only.
"""

from __future__ import annotations

from enum import StrEnum


class Specialty(StrEnum):
    """What a clinician answers for. The last two serve a One Stop Center; for routing they are specialties."""

    GENERAL = "general"
    OBSTETRICS = "obstetrics"
    MIDWIFERY = "midwifery"
    PAEDIATRICS = "paediatrics"
    SURGERY = "surgery"
    INTERNAL_MEDICINE = "internal_medicine"
    CARDIOLOGY = "cardiology"
    DERMATOLOGY = "dermatology"
    OPHTHALMOLOGY = "ophthalmology"
    PSYCHIATRY = "psychiatry"
    PSYCHOLOGY = "psychology"
    LAW = "law"
    SOCIAL_WORK = "social_work"


class Spoken(StrEnum):
    """A language somebody speaks (ISO 639-1 where there is one, else 639-3)."""

    FRENCH = "fr"
    BAMBARA = "bm"
    FULFULDE = "ff"
    SONGHAY = "ses"
    SONINKE = "snk"
    TAMASHEQ = "taq"
    DOGON = "dtk"
    MINYANKA = "myk"
    SENUFO = "spp"
    ARABIC = "ar"
    ENGLISH = "en"


class Gender(StrEnum):
    """Of the person who answers or interprets: patients may wish for a woman or a man."""

    WOMAN = "woman"
    MAN = "man"
