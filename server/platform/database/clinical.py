"""The column type for text about a patient: values come out of the database as `Redacted`.

Owns: `ClinicalText`, and the column type `Clinical`. Must never give a plain string: code that needs the text calls
`Redacted.reveal`, which a reviewer finds easily.
"""

from __future__ import annotations

from typing import Annotated

from sqlalchemy import Dialect, Text
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

from server.platform.redacted import Redacted


class ClinicalText(TypeDecorator[Redacted]):
    """TEXT in the database, `Redacted` in the program; NULL stays None."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Redacted | None, dialect: Dialect) -> str | None:
        """The text for the database."""
        return None if value is None else value.reveal()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Redacted | None:
        """The text from the database."""
        return None if value is None else Redacted(value)


Clinical = Annotated[Redacted, mapped_column(ClinicalText)]
