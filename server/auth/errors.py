"""The errors of signing in, the whole tree first.

AuthError
├── WrongCredentials   unknown login, wrong password, disabled account: all answered alike
├── WrongCode          no such enrolment code, or it is used or too old: all answered alike
├── MustWait           too many failures from this place: ask again after ``retry_after_s``
└── TooBusy            more sign-ins are being checked than this machine can carry

Owns: error types and their codes (keys of the pages' catalogs). Texts never carry what was typed.
"""

from __future__ import annotations


class AuthError(Exception):
    """Base of all; ``code`` is a stable key of the pages' catalogs."""

    code = "auth_error"

    def __init__(self) -> None:
        super().__init__(self.code)


class WrongCredentials(AuthError):
    """This login and this password do not open an account."""

    code = "wrong_credentials"


class WrongCode(AuthError):
    """This code enrols no station."""

    code = "wrong_code"


class MustWait(AuthError):
    """Too many failures from this place."""

    code = "must_wait"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class TooBusy(AuthError):
    """Checking a password costs CPU that the voices need: no more than a few at a time."""

    code = "too_busy"
