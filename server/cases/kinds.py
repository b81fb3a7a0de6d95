"""What follows from the kind of a case: two types, of which only one can ever be recorded.

Owns: `kind_of`, the rules that hold for a survivor-safe case, and who else is there. Pure. Nothing that records may
take anything but an `OrdinaryCase`: a `SurvivorSafeCase` has no way to become one, so there is no switch that could
be left on (tests/server/cases/test_kinds.py walks the code of recordings).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from server.cases.vocabulary import Kind
from server.consents.consent import Company


@final
@dataclass(frozen=True, slots=True)
class OrdinaryCase:
    """A case that could be recorded, if the patient agreed."""

    case_id: str


@final
@dataclass(frozen=True, slots=True)
class SurvivorSafeCase:
    """A case that nobody but its participants knows of, and that leaves no picture and no sound."""

    case_id: str


@final
@dataclass(frozen=True, slots=True)
class GroupSeatCase:
    """A seat in a group session: others are heard there, so nobody's yes is enough to record it."""

    case_id: str


AnyCase = OrdinaryCase | SurvivorSafeCase | GroupSeatCase
TYPES: dict[Kind, type[OrdinaryCase | SurvivorSafeCase | GroupSeatCase]] = {
    Kind.ORDINARY: OrdinaryCase,
    Kind.SURVIVOR_SAFE: SurvivorSafeCase,
    Kind.GROUP_SEAT: GroupSeatCase,
}


def kind_of(case_id: str, kind: str) -> AnyCase:
    """The case as its kind. A kind that nobody knows is an error, never an ordinary case."""
    return TYPES[Kind(kind)](case_id)


def is_discreet(kind: str) -> bool:
    """Whether nothing of this case may be seen or told outside it."""
    return Kind(kind) is Kind.SURVIVOR_SAFE


def is_recordable(kind: str) -> bool:
    """Whether a yes to a recording can be kept for this case at all."""
    return TYPES[Kind(kind)] is OrdinaryCase


def company_in(kind: str) -> Company:
    """Who else is there when a case of this kind is seen from afar."""
    return Company.GROUP if Kind(kind) is Kind.GROUP_SEAT else Company.PAIR
