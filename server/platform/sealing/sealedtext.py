"""Text about a patient: sealed in the database, `Redacted` in the program.

Owns: `SealedText`, and the column types `ClinicalText` and `Clinical`. Must never write a text that is not sealed,
nor give a plain string: code that needs the text calls `Redacted.reveal`, which a reviewer finds easily.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Annotated

from sqlalchemy import Dialect, Text
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

from server.platform.redacted import Redacted
from server.platform.sealing.cipher import unpadded, unseal
from server.platform.sealing.errors import KeyDestroyed, SealBroken

KeyGetter = Callable[[], bytes]


class SealedText(Redacted):
    """A text as the database holds it; the row that it was read with gives the key (sealedrows.py)."""

    __slots__ = ("_key", "bound", "sealed")

    def __init__(self, sealed: str) -> None:
        super().__init__("")
        self.sealed = sealed
        self.bound: bytes | None = None
        self._key: KeyGetter | None = None

    def bind(self, key: KeyGetter, bound: bytes) -> None:
        """Say which key opens it, and where it belongs."""
        self._key, self.bound = key, bound

    def reveal(self) -> str:
        """The text itself. Raises SealBroken, KeyDestroyed."""
        if self._key is None or self.bound is None:
            raise SealBroken("a sealed text was read without its row")
        return unpadded(unseal(self._key(), base64.b64decode(self.sealed), self.bound))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Redacted) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash((Redacted, self.reveal()))

    def __bool__(self) -> bool:
        return bool(self.reveal())


class ClinicalText(TypeDecorator[Redacted]):
    """Sealed TEXT in the database, `Redacted` in the program; NULL stays None."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Redacted | None, dialect: Dialect) -> str | None:
        """The sealed text for the database; a row seals its texts before it is written (sealedrows.py)."""
        if value is None:
            return None
        if not isinstance(value, SealedText):
            raise TypeError("a clinical text goes into the database by a row that seals it")
        return value.sealed

    def process_result_value(self, value: str | None, dialect: Dialect) -> Redacted | None:
        """The sealed text from the database."""
        return None if value is None else SealedText(value)


Clinical = Annotated[Redacted, mapped_column(ClinicalText)]


def destroyed() -> bytes:
    """In place of a key that was destroyed."""
    raise KeyDestroyed("what this key sealed was erased")
