"""The steps that are due before a sign-in is complete, as one table, and the ways to take the second one.

Owns: the order of the steps. Pure. Must never look at a password or a code: it knows only what is proven.
"""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """What the page asks for next."""

    SECOND_FACTOR = "second_factor"
    NEW_PASSWORD = "new_password"  # noqa: S105 (the name of a step)
    ENROL_SECOND_FACTOR = "enrol_second_factor"


class Factor(StrEnum):
    """What a person has to prove the second factor with."""

    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"


def next_step(*, second_factor: bool, has_second_factor: bool, must_change: bool) -> Step | None:
    """The step that is due; None: the session is whole.

    ``second_factor``: proven in this session, or not asked of this person. Whoever has one shows it before anything
    can be changed; whoever has none makes an own password first.
    """
    table = {
        # (second factor proven, has one, must change the password)
        (False, True, True): Step.SECOND_FACTOR,
        (False, True, False): Step.SECOND_FACTOR,
        (False, False, True): Step.NEW_PASSWORD,
        (False, False, False): Step.ENROL_SECOND_FACTOR,
        (True, True, True): Step.NEW_PASSWORD,
        (True, False, True): Step.NEW_PASSWORD,
        (True, True, False): None,
        (True, False, False): None,
    }
    return table[second_factor, has_second_factor, must_change]
