"""The findings of a verification, with texts that tell an auditor what happened.

Owns: the kinds of tampering and the text of each. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """One kind of tampering."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    REWRITTEN = "rewritten"
    TRUNCATED = "truncated"
    ROLLED_BACK = "rolled_back"
    HEAD_CHANGED = "head_changed"
    FORGED_CHECKPOINT = "forged_checkpoint"


_TEXTS = {
    Kind.EDITED: "was changed after it was written",
    Kind.DELETED: "was deleted",
    Kind.INSERTED: "was put in later",
    Kind.REORDERED: "is not in its original place",
    Kind.REWRITTEN: "or an entry before it differs from the checkpoint: rewritten, or rolled back and continued",
    Kind.TRUNCATED: "is missing at the end: the tail was cut off",
    Kind.ROLLED_BACK: "is missing although a checkpoint has it: an older copy of the database was put back",
    Kind.HEAD_CHANGED: "and the head row do not agree: the head row was changed",
    Kind.FORGED_CHECKPOINT: "of a checkpoint cannot be trusted: this key did not sign the checkpoint",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Tampering with the entries ``first`` to ``last``."""

    kind: Kind
    first: int
    last: int

    def __str__(self) -> str:
        which = (
            f"entry {self.first}" if self.first == self.last else f"entries {self.first} to {self.last}: each"
        )
        return f"{self.kind.value}: {which} {_TEXTS[self.kind]}"
