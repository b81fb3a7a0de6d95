"""What the rules of consent refuse. The codes are keys of the catalogs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from signaling.errors import Refused


class ConsentError(Exception):
    """Base. ``code`` is told to the page; the text carries nothing about the patient."""

    code = "consent_error"


class ConsentMissing(ConsentError):
    """The patient has not agreed to this, has refused it, or has taken the consent back."""

    code = "consent_missing"


class ConsentRefusedAsWritten(ConsentError):
    """The answer cannot be kept as it came: something that makes it a consent is missing. ``code`` says what."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@contextmanager
def as_refusal() -> Iterator[None]:
    """Inside, a consent that is missing is the `Refused` that pages on the socket are told."""
    try:
        yield
    except ConsentMissing as missing:
        raise Refused(missing.code) from None
