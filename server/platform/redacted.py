"""Text about a patient, wrapped so that it cannot reach a log line, an error text or a URL by accident.

Owns: the type `Redacted`, and the structlog processor that hides the values of sensitive keys. Must never show the
text except through `Redacted.reveal`, which a reviewer finds easily.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, NoReturn

REDACTED = "[redacted]"
REFUSED = "[refused: sensitive key]"

# Keys for patient text, secrets and complete network addresses. A log call with a raw value under one of them is
# our mistake: the line is logged without the value.
SENSITIVE_KEYS = frozenset(
    {
        "address",
        "answer_sdp",
        "authorization",
        "code_typed",
        "cookie",
        "credential",
        "login",
        "name",
        "offer_sdp",
        "password",
        "patient",
        "reason",
        "remote",
        "resume_token",
        "sdp",
        "secret",
        "ticket",
        "token",
    }
)


class Redacted:
    """A text that only `reveal` shows. Two `Redacted` are equal if their texts are equal."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for a participant of the consultation or for the database; never for a log."""
        return self._text

    def __repr__(self) -> str:
        return REDACTED

    def __str__(self) -> str:
        return REDACTED

    def __format__(self, spec: str) -> str:
        return format(REDACTED, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Redacted) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Redacted, self._text))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a redacted text cannot be pickled: use reveal")


def refuse_sensitive(
    logger: object, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Structlog processor: hide every raw value under a sensitive key, at any depth."""
    for key, value in event.items():
        event[key] = _cleaned(key, value)
    return event


def _cleaned(key: object, value: Any) -> Any:
    if isinstance(value, Redacted):
        return REDACTED
    if isinstance(key, str) and key.lower() in SENSITIVE_KEYS:
        return REFUSED
    if isinstance(value, Mapping):
        return {k: _cleaned(k, v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(None, item) for item in value]
    return value
