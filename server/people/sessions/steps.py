"""The steps that are due before a sign-in is complete, as one table.

Owns: the order of the steps. Pure. Must never look at a password or a code: it knows only what is proven.
"""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """What the page asks for next."""

    TOTP = "totp"
    NEW_PASSWORD = "new_password"  # noqa: S105 (the name of a step)
    ENROL_TOTP = "enrol_totp"


def next_step(*, second_factor: bool, has_totp: bool, must_change: bool) -> Step | None:
    """The step that is due; None: the session is whole.

    ``second_factor``: proven in this session, or not asked of this person. Whoever has six digits shows
    them before anything can be changed; whoever has none makes an own password first.
    """
    table = {
        # (second factor proven, has one, must change the password)
        (False, True, True): Step.TOTP,
        (False, True, False): Step.TOTP,
        (False, False, True): Step.NEW_PASSWORD,
        (False, False, False): Step.ENROL_TOTP,
        (True, True, True): Step.NEW_PASSWORD,
        (True, False, True): Step.NEW_PASSWORD,
        (True, True, False): None,
        (True, False, False): None,
    }
    return table[second_factor, has_totp, must_change]
