"""What the rules of consent refuse, the tree first.

ConsentError (Refusal)
├── ConsentMissing             the patient does not agree to this (any more)
└── ConsentRefusedAsWritten    the answer lacks what makes it a consent

Owns: the errors and their codes (keys of the catalogs). Texts carry nothing about the patient.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from server.platform.errors import Refusal
from signaling.errors import Refused


class ConsentError(Refusal):
    """Base."""

    code = "consent_error"


class ConsentMissing(ConsentError):
    """The patient has not agreed to this, has refused it, or has taken the consent back."""

    code = "consent_missing"
    status = 409


class ConsentRefusedAsWritten(ConsentError):
    """The answer cannot be kept as it came: something that makes it a consent is missing. ``code`` says what."""

    status = 422

    def __init__(self, code: str) -> None:
        super().__init__(code)


@contextmanager
def as_refusal() -> Iterator[None]:
    """Inside, a missing consent becomes the `Refused` that a page is told over its socket."""
    try:
        yield
    except ConsentMissing as missing:
        raise Refused(missing.code) from None
