"""Why people come: a short list for rural primary care, each with its ICD-11 code.

Owns: the list, in the order of the page, and which specialty answers. Pure. Codes are of ICD-11 for Mortality and
Morbidity Statistics (WHO); ``docs/icd11.md`` lists the title of each, where it was seen, and which are still to be
looked up (a test holds the two together). The words are ours, in the catalogs under ``reason.``. It says why
somebody came, as it is said before an examination, so a symptom is coded where there is a code for it: it is no
diagnosis. What fits nothing here is `other`, with words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.people.profile import Specialty


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. ``icd11`` is empty where no code says it; ``obstetric``: the check-list is that of mothers."""

    code: str
    icd11: str
    specialty: Specialty = Specialty.GENERAL
    obstetric: bool = False


_LIST = (
    Reason("fever", "MG26"),
    Reason("malaria", "1F45"),
    Reason("cough", "MD12"),
    Reason("breathing", "MD11.5"),
    Reason("chest_pain", "MD30.Z"),
    Reason("diarrhoea", "ME05.1"),
    Reason("dysentery", "1A40.Z"),
    Reason("vomiting", "MD90.1"),
    Reason("abdominal_pain", "MD81.4"),
    Reason("headache", "MB4D"),
    Reason("dizziness", "MB48.Z"),
    Reason("convulsion", "8A68.Z"),
    Reason("fatigue", "MG22"),
    Reason("oedema", "MG29"),
    Reason("back_pain", "ME84"),
    Reason("joint_pain", "ME82"),
    Reason("sore_throat", "CA02"),
    Reason("ear_pain", "AB70.2"),
    Reason("tooth_pain", "DA09"),
    Reason("urination", "MF50.7"),
    Reason("rash", "ME66.6", Specialty.DERMATOLOGY),
    Reason("itching", "EC90", Specialty.DERMATOLOGY),
    Reason("wound", "ND56.1", Specialty.SURGERY),
    Reason("burn", "NE11", Specialty.SURGERY),
    Reason("fracture", "ND56.2", Specialty.SURGERY),
    Reason("poisoning", "NE61"),
    Reason("red_eye", "9A60.Z", Specialty.OPHTHALMOLOGY),
    Reason("vision", "9D90", Specialty.OPHTHALMOLOGY),
    Reason("hypertension", "BA00", Specialty.INTERNAL_MEDICINE),
    Reason("diabetes", "5A14", Specialty.INTERNAL_MEDICINE),
    Reason("anaemia", "3A9Z", Specialty.INTERNAL_MEDICINE),
    Reason("sickle_cell", "3A51", Specialty.INTERNAL_MEDICINE),
    Reason("tuberculosis", "1B1Z", Specialty.INTERNAL_MEDICINE),
    Reason("hiv", "1C62.Z", Specialty.INTERNAL_MEDICINE),
    Reason("measles", "1F03", Specialty.PAEDIATRICS),
    Reason("malnutrition", "5B52", Specialty.PAEDIATRICS),
    Reason("newborn_jaundice", "KA87", Specialty.PAEDIATRICS),
    Reason("early_pregnancy_bleeding", "JA40", Specialty.OBSTETRICS, obstetric=True),
    Reason("late_pregnancy_bleeding", "JA41", Specialty.OBSTETRICS, obstetric=True),
    Reason("pre_eclampsia", "JA24", Specialty.OBSTETRICS, obstetric=True),
    Reason("postpartum_bleeding", "JA43", Specialty.OBSTETRICS, obstetric=True),
    Reason("long_labour", "JB03.Z", Specialty.OBSTETRICS, obstetric=True),
    Reason("pregnancy_care", "QA41", Specialty.MIDWIFERY, obstetric=True),
    Reason("contraception", "QA21", Specialty.MIDWIFERY),
    Reason("low_mood", "MB24.5", Specialty.PSYCHIATRY),
    Reason("anxiety", "MB24.3", Specialty.PSYCHOLOGY),
    Reason("other", ""),
)

REASONS: Mapping[str, Reason] = {reason.code: reason for reason in _LIST}
