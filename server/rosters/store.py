"""The roster on disk.

Owns: the tables of slots and exceptions, with the trail of each change. Must never touch a case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from aiohttp import web
from sqlalchemy import delete, select

from server.people.principal import Principal
from server.people.profile import Specialty
from server.people.tables import Account
from server.platform.database.engine import DbSessions
from server.platform.errors import Malformed, NotFound
from server.platform.ids import new_id
from server.rosters.expectedwait_store import roster
from server.rosters.tables import RosterException, RosterSlot
from server.rosters.week import expected
from server.trail.acts import Act
from server.trail.entry import Entry, Fact
from server.trail.trail import Trail
from signaling.messages import Role


class SlotView(msgspec.Struct, frozen=True):
    """One weekly slot, in UTC; ``weekday`` 0 is Monday."""

    id: str
    clinician_id: str
    specialty: str
    weekday: int
    start_minute: int
    minutes: int


class ExceptionView(msgspec.Struct, frozen=True):
    """One exception, in UTC seconds."""

    id: str
    clinician_id: str
    on_duty: bool
    starts_at: float
    ends_at: float


class RosterView(msgspec.Struct, frozen=True):
    """The whole roster; ``names`` of the clinicians by id, ``expected`` those who should be there now."""

    slots: list[SlotView]
    exceptions: list[ExceptionView]
    names: dict[str, str]
    expected: list[str]


class Rosters:
    """The roster. ``clock`` gives UTC seconds."""

    def __init__(self, database: DbSessions, trail: Trail, clock: Callable[[], float]) -> None:
        self._database = database
        self._trail = trail
        self._clock = clock

    async def all(self) -> RosterView:
        """Everything that is not over."""
        now = self._clock()
        async with self._database() as db:
            slots = (await db.scalars(select(RosterSlot))).all()
            exceptions = (
                await db.scalars(select(RosterException).where(RosterException.ends_at > now))
            ).all()
            people = await db.execute(
                select(Account.id, Account.name).where(
                    Account.role == Role.CLINICIAN.value, Account.disabled.is_(False)
                )
            )
            should = expected(*await roster(db, now), now)
        order = sorted(slots, key=lambda s: (s.weekday, s.start_minute, s.id))
        return RosterView(
            slots=[
                SlotView(s.id, s.clinician_id, s.specialty, s.weekday, s.start_minute, s.minutes)
                for s in order
            ],
            exceptions=[
                ExceptionView(e.id, e.clinician_id, e.on_duty, e.starts_at, e.ends_at) for e in exceptions
            ],
            names={account_id: name for account_id, name in people},  # noqa: C416 - rows, not pairs
            expected=sorted(should),
        )

    async def expected_now(self, specialty: str) -> list[str]:
        """The names of those who should be there for this specialty now ("": any)."""
        now = self._clock()
        async with self._database() as db:
            should = expected(*await roster(db, now), now, specialty)
            names = await db.scalars(select(Account.name).where(Account.id.in_(should)))
            return sorted(names)

    async def add_slot(
        self,
        who: Principal,
        *,
        clinician_id: str,
        specialty: Specialty,
        weekday: int,
        start_minute: int,
        minutes: int,
    ) -> str:
        """One more weekly slot; gives its id. Raises NotFound for no clinician."""
        slot = RosterSlot(
            id=new_id("rs"),
            clinician_id=clinician_id,
            specialty=specialty.value,
            weekday=weekday,
            start_minute=start_minute,
            minutes=minutes,
        )
        await self._add(who, slot, {"specialty": specialty, "added": True})
        return slot.id

    async def add_exception(
        self, who: Principal, *, clinician_id: str, on_duty: bool, starts_at: float, ends_at: float
    ) -> str:
        """Somebody is away, or stands in; gives its id. Raises Malformed, NotFound."""
        if not starts_at < ends_at:
            raise Malformed
        exception = RosterException(
            id=new_id("rx"),
            clinician_id=clinician_id,
            on_duty=on_duty,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        await self._add(who, exception, {"on_duty": on_duty, "added": True})
        return exception.id

    async def remove(self, who: Principal, entry_id: str) -> None:
        """Take a slot or an exception out. Raises NotFound."""
        async with self._database.begin() as db:
            gone = [
                (await db.execute(delete(table).where(table.id == entry_id).returning(table.id))).all()
                for table in (RosterSlot, RosterException)
            ]
            if not any(gone):
                raise NotFound
            entry = Entry(Act.ROSTER_CHANGED, who.participant_id, who.role, None, entry_id, {"added": False})
            await self._trail.record(db, entry)

    async def _add(
        self, who: Principal, row: RosterSlot | RosterException, facts: Mapping[str, Fact]
    ) -> None:
        async with self._database.begin() as db:
            clinician = await db.get(Account, row.clinician_id)
            if clinician is None or clinician.role != Role.CLINICIAN.value:
                raise NotFound
            db.add(row)
            await self._trail.record(
                db, Entry(Act.ROSTER_CHANGED, who.participant_id, who.role, None, row.id, facts)
            )


ROSTERS = web.AppKey("rosters", Rosters)
