"""Who may see and touch a case: one function, for everybody who asks.

Owns: `part_in`, which says what somebody is to a case, and `opened`, which loads one for somebody. Without a
part, a case of others and one that is not there give the same NoSuchCase. What the kind of a case changes is here
only: a seat in a group is its station's alone, and whoever follows up a survivor-safe case does not read it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.circle.agreements import covering, taken_back
from server.cases.circle.participants import takes_part
from server.cases.errors import NoSuchCase, PinNeeded
from server.cases.kinds import is_discreet
from server.cases.tables import CaseFile
from server.cases.vocabulary import Kind
from server.people.principal import Principal
from signaling.messages import Role

# (case, clinician) -> whether it waits and is offered to this clinician now.
Offered = Callable[[str, str], bool]


class Part(StrEnum):
    """What somebody is to a case."""

    OPENER = "opener"  # the station it was opened at
    OFFERED = "offered"  # it waits, and this clinician may take it: to read, so as to decide
    CLINICIAN = "clinician"  # took it on, once
    LATER = "later"  # took on a case that follows this one: to read
    MEDIATOR = "mediator"  # helps people to understand each other: nothing clinical


# Whose part shows what a clinician wrote for other clinicians.
READS_NOTES = frozenset({Part.CLINICIAN, Part.LATER})
# Whose part shows anything about the patient at all.
READS_CASE = frozenset({Part.OPENER, Part.OFFERED, Part.CLINICIAN, Part.LATER})


@dataclass(frozen=True, slots=True)
class Opened:
    """A case, and what the one who asked is to it."""

    case: CaseFile
    part: Part

    def readable_by(self, who: Principal) -> Opened:
        """This, to be read by whom it was opened for. Raises PinNeeded at a locked station.

        Writing asks for no PIN: an upload goes on after days, and the way out is always open.
        """
        if self.case.opened_at < who.reads_since:
            raise PinNeeded
        return self


async def opened(db: AsyncSession, who: Principal, case_id: str, offered: Offered, *parts: Part) -> Opened:
    """The case, for somebody who has one of these parts in it (none named: any). Raises NoSuchCase."""
    case = await db.get(CaseFile, case_id)
    part = await part_in(db, who, case, offered) if case is not None and case.erased_at is None else None
    if case is None or part is None or (parts and part not in parts):
        raise NoSuchCase(about=case.id if case is not None else None)
    return Opened(case, part)


async def part_in(db: AsyncSession, who: Principal, case: CaseFile, offered: Offered) -> Part | None:
    """What somebody is to a case; None: nothing."""
    if who.role is Role.STATION:
        return Part.OPENER if case.station_id == who.participant_id else None
    if case.kind == Kind.GROUP_SEAT.value:
        return None
    if who.role not in (Role.CLINICIAN, Role.MEDIATOR):
        return None
    if await takes_part(db, case.id, who.participant_id):
        return Part.CLINICIAN if who.role is Role.CLINICIAN else Part.MEDIATOR
    if who.role is not Role.CLINICIAN:
        return None
    if offered(case.id, who.participant_id):
        # What the desk offered was right when it did; the accounts and the answers on disk are right now.
        covered = await covering(db, case, who.participant_id) is not None and not await taken_back(db, case)
        return Part.OFFERED if covered else None
    if is_discreet(case.kind) or await taken_back(db, case):
        return None
    later = await db.scalars(select(CaseFile.id).where(CaseFile.previous_id == case.id))
    for later_id in later.all():
        if await takes_part(db, later_id, who.participant_id):
            return Part.LATER
    return None
