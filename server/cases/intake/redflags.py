"""The danger signs that make a case red, whatever colour was chosen.

Owns: the check-list and the rule. Pure. After WHO, *Managing complications in pregnancy and childbirth* (2nd ed.,
2017, rapid assessment) and *Pregnancy, childbirth, postpartum and newborn care* (3rd ed., 2015, quick check), and
the general danger signs of IMCI (2014) for children. Must never lower an urgency.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from signaling.messages import Urgency


class RedFlag(StrEnum):
    """One danger sign; its words are in the catalogs under ``redflag.``."""

    # In pregnancy, in labour and after birth.
    VAGINAL_BLEEDING = "vaginal_bleeding"
    CONVULSIONS = "convulsions"
    SEVERE_HEADACHE_BLURRED_VISION = "severe_headache_blurred_vision"
    WATERS_BROKEN_EARLY = "waters_broken_early"
    NO_FETAL_MOVEMENT = "no_fetal_movement"
    FEVER_TOO_WEAK = "fever_too_weak"
    SEVERE_ABDOMINAL_PAIN = "severe_abdominal_pain"
    LABOUR_TOO_LONG = "labour_too_long"
    CORD_OR_LIMB_FIRST = "cord_or_limb_first"
    PLACENTA_NOT_OUT = "placenta_not_out"
    # Anybody.
    UNCONSCIOUS = "unconscious"
    BREATHING_HARD = "breathing_hard"
    HEAVY_BLEEDING = "heavy_bleeding"
    # Children.
    CANNOT_DRINK = "cannot_drink"
    VOMITS_EVERYTHING = "vomits_everything"


OBSTETRIC = (
    RedFlag.VAGINAL_BLEEDING,
    RedFlag.CONVULSIONS,
    RedFlag.SEVERE_HEADACHE_BLURRED_VISION,
    RedFlag.WATERS_BROKEN_EARLY,
    RedFlag.NO_FETAL_MOVEMENT,
    RedFlag.FEVER_TOO_WEAK,
    RedFlag.SEVERE_ABDOMINAL_PAIN,
    RedFlag.BREATHING_HARD,
    RedFlag.LABOUR_TOO_LONG,
    RedFlag.CORD_OR_LIMB_FIRST,
    RedFlag.PLACENTA_NOT_OUT,
    RedFlag.UNCONSCIOUS,
)
GENERAL = (
    RedFlag.UNCONSCIOUS,
    RedFlag.CONVULSIONS,
    RedFlag.BREATHING_HARD,
    RedFlag.HEAVY_BLEEDING,
    RedFlag.CANNOT_DRINK,
    RedFlag.VOMITS_EVERYTHING,
)


def urgency(chosen: Urgency, flags: Iterable[RedFlag]) -> Urgency:
    """The colour of a case: red as soon as one danger sign is there, else what was chosen."""
    return Urgency.RED if any(True for _ in flags) else chosen
