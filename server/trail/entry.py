"""One entry as the rest of the server hands it in, and as it stands in the chain.

Owns: `Entry`, whose types leave no way in for free text, and `Written`. Pure. A name, a reason or a note is a
plain string, and a plain string is refused: facts are counts, yes or no, words of an enum, and ids marked `Ref`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from server.trail.acts import Act, System
from signaling.messages import Role

# The identifiers of signaling.messages.Identifier.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FACT = re.compile(r"[a-z][a-z0-9_]{0,39}")
# A float of a JSON reader holds whole numbers up to here (RFC 8785, section 3.2.2.3).
_INTEGER_MAX = 2**53 - 1
# An entry is a line about an act, not a store: the longest of ours has five facts.
FACTS_MAX = 8


class NotAFact(TypeError):
    """Something that may be personal was about to be written into the trail; its value is not repeated."""


class Ref(str):
    """An id of a row, said to be one by whoever writes it."""

    __slots__ = ()

    def __new__(cls, value: str) -> Ref:
        """Raises NotAFact when this cannot be an id."""
        return super().__new__(cls, _checked_id("Ref", value))


Fact = bool | int | StrEnum | Ref | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened: who, in which role, did what, in which case, to what. Raises NotAFact for anything else.

    ``subject_id``: the row acted on, when it is not the case itself (an account, a station, a referral).
    """

    act: Act
    actor_id: str
    actor_role: Role | System
    consultation_id: str | None = None
    subject_id: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if type(self.act) is not Act or not isinstance(self.actor_role, Role | System):
            raise NotAFact("act and actor_role are words of their enums")
        _checked_id("actor_id", self.actor_id)
        for name in ("consultation_id", "subject_id"):
            value = getattr(self, name)
            if value is not None:
                _checked_id(name, value)
        if len(self.facts) > FACTS_MAX:
            raise NotAFact(f"more than {FACTS_MAX} facts")
        for key, fact in self.facts.items():
            _check_fact(key, fact)


class Written(msgspec.Struct, frozen=True):
    """An entry in its place in the chain. ``at_ms``: UTC milliseconds since 1970; ``facts``: canonical JSON;
    the hashes are SHA-256 in 64 hexadecimal digits.
    """

    sequence: int
    at_ms: int
    act: str
    actor_id: str
    actor_role: str
    consultation_id: str | None
    subject_id: str | None
    facts: str
    previous_hash: str
    hash: str


def facts_text(facts: Mapping[str, Fact]) -> str:
    """Facts as canonical JSON (RFC 8785: sorted keys, no blanks; our keys and words are ASCII)."""
    plain = {key: str(fact) if isinstance(fact, str) else fact for key, fact in facts.items()}
    return msgspec.json.encode(plain, order="sorted").decode()


def _checked_id(name: str, value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise NotAFact(f"{name} is not an id")
    return value


def _check_fact(key: object, fact: object) -> None:
    if not isinstance(key, str) or not _FACT.fullmatch(key):
        raise NotAFact("the name of a fact is a short word in small letters")
    if fact is None or isinstance(fact, bool | Ref):
        return
    if isinstance(fact, int) and abs(fact) <= _INTEGER_MAX:
        return
    if isinstance(fact, StrEnum) and fact.isascii():
        return
    raise NotAFact(f"{key}: a fact is a count, a yes or no, a word of an enum, or a Ref")
