"""Sessions and seats on disk, each change with its entry on the trail.

Owns: the two tables. A seat is a case of its own kind, so that its consent is kept, and taken back, as any other.
Must never keep a pseudonym: nobody may find out later who was whom.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.tables import CaseFile
from server.cases.vocabulary import Kind
from server.consents import Company, Consents, ConsentScope, as_refusal
from server.groups.tables import GroupSeat, GroupSession
from server.people.principal import Principal
from server.people.tables import Account, Site, Station
from server.platform.database.engine import DbSessions
from server.platform.ids import new_id
from server.platform.redacted import Redacted
from server.trail.acts import Act, System
from server.trail.entry import Entry, Fact
from server.trail.trail import Trail
from signaling.errors import Refused
from signaling.messages import Role, Urgency


@dataclass(frozen=True, slots=True)
class OpenSeat:
    """A seat that was taken, or waited in the lobby, when the process ended."""

    seat_id: str
    station: Principal
    admitted: bool
    silenced: bool


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """A session that was open when the process ended; its seats in the order of their requests."""

    group_id: str
    code: str
    host: Principal
    seats: list[OpenSeat]


class GroupStore:
    """All group sessions. ``clock`` gives UTC seconds."""

    def __init__(
        self, database: DbSessions, trail: Trail, consents: Consents, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._trail = trail
        self._consents = consents
        self._clock = clock

    async def new_seat(self, who: Principal) -> str:
        """Make the case that a participant's consent hangs on, before any group is asked for; gives its id."""
        async with self._database.begin() as db:
            case = CaseFile(
                id=new_id("ca"),
                station_id=who.participant_id,
                kind=Kind.GROUP_SEAT.value,
                opened_at=self._clock(),
                patient_ref=Redacted(""),
                age_band="",
                sex="",
                reason_code="",
                reason_text=Redacted(""),
                red_flags="",
                urgency=Urgency.GREEN.value,
                language="",
                gender_wish="",
                mediator_wanted=False,
                specialty="",
            )
            db.add(case)
            await self._trail.record(db, _entry(Act.SEAT_OPENED, who, case.id))
            return case.id

    async def open(self, host: Principal, code: str) -> str:
        """A host opens a session under this code; gives its id."""
        async with self._database.begin() as db:
            session = GroupSession(
                id=new_id("gr"), host_id=host.participant_id, opened_at=self._clock(), code=code
            )
            db.add(session)
            await self._trail.record(db, _entry(Act.GROUP_OPENED, host, None, session.id))
            return session.id

    async def ask(self, who: Principal, group_id: str, seat_id: str) -> None:
        """A seat of this station, whose participant agreed, waits in the lobby. Raises Refused."""
        async with self._database.begin() as db:
            case = await db.get(CaseFile, seat_id)
            if case is None or case.station_id != who.participant_id or case.kind != Kind.GROUP_SEAT.value:
                raise Refused("unknown_group")
            await self._must_have_agreed(db, seat_id)
            await db.merge(GroupSeat(case_id=seat_id, session_id=group_id))

    async def admitted(self, host: Principal, seat_id: str) -> None:
        """The host lets somebody in, whose yes still stands. Raises Refused."""
        async with self._database.begin() as db:
            await self._must_have_agreed(db, seat_id)
            seat = await db.get_one(GroupSeat, seat_id)
            seat.admitted_at = self._clock()
            await self._trail.record(db, _entry(Act.SEAT_ADMITTED, host, seat_id, seat.session_id))

    async def muted(self, host: Principal, group_id: str, seat_id: str, *, muted: bool) -> None:
        """The host took a voice away, or gave it back."""
        async with self._database.begin() as db:
            seat = await db.get_one(GroupSeat, seat_id)
            seat.silenced = muted
            await self._trail.record(db, _entry(Act.SEAT_MUTED, host, seat_id, group_id, {"muted": muted}))

    async def left(self, who: Principal | None, seat_id: str, *, removed: bool) -> None:
        """A seat is empty: its station left, was lost (None), or was sent out by the host ``who``."""
        async with self._database.begin() as db:
            seat = await db.get(GroupSeat, seat_id)
            if seat is None or seat.left_at is not None:
                return
            seat.left_at = self._clock()
            act = Act.SEAT_REMOVED if removed else Act.SEAT_LEFT
            await self._trail.record(db, _entry(act, who, seat_id, seat.session_id))

    async def closed(self, who: Principal | None, group_id: str) -> None:
        """The session is over, and every seat of it empty."""
        async with self._database.begin() as db:
            session = await db.get(GroupSession, group_id)
            if session is None or session.closed_at is not None:
                return
            session.closed_at = self._clock()
            session.code = None
            for seat in await db.scalars(
                select(GroupSeat).where(GroupSeat.session_id == group_id, GroupSeat.left_at.is_(None))
            ):
                seat.left_at = session.closed_at
            await self._trail.record(db, _entry(Act.GROUP_CLOSED, who, None, group_id))

    async def load_open(self) -> list[OpenGroup]:
        """What was open when the process ended; sessions of a host whose account was shut are closed."""
        query = (
            select(GroupSession, Account)
            .join(Account, Account.id == GroupSession.host_id)
            .where(GroupSession.closed_at.is_(None))
            .order_by(GroupSession.opened_at)
        )
        found = []
        async with self._database() as db:
            rows = (await db.execute(query)).all()
            for session, account in rows:
                host = Principal(account.id, Role(account.role), account.name, "")
                seats = await _seats(db, session.id)
                found.append(
                    OpenGroup(session.id, "" if account.disabled else session.code or "", host, seats)
                )
        for one in found:
            if not one.code:
                await self.closed(None, one.group_id)
        return [one for one in found if one.code]

    async def _must_have_agreed(self, db: AsyncSession, seat_id: str) -> None:
        """Raises Refused unless the participant has said yes to the words about groups."""
        with as_refusal():
            await self._consents.require(db, seat_id, ConsentScope.TELECONSULTATION, company=Company.GROUP)


GROUPS = web.AppKey("groups", GroupStore)


async def _seats(db: AsyncSession, group_id: str) -> list[OpenSeat]:
    """The seats that nobody has left, without those of a station that is none any more."""
    query = (
        select(GroupSeat, Station, Site.name)
        .join(CaseFile, CaseFile.id == GroupSeat.case_id)
        .join(Station, Station.id == CaseFile.station_id)
        .join(Site, Site.id == Station.site_id)
        .where(GroupSeat.session_id == group_id, GroupSeat.left_at.is_(None), Station.public_key.is_not(None))
        .order_by(CaseFile.opened_at, CaseFile.id)
    )
    return [
        OpenSeat(
            seat.case_id,
            Principal(station.id, Role.STATION, station.name, site),
            admitted=seat.admitted_at is not None,
            silenced=seat.silenced,
        )
        for seat, station, site in await db.execute(query)
    ]


def _entry(
    act: Act,
    who: Principal | None,
    seat_id: str | None,
    group_id: str | None = None,
    facts: Mapping[str, Fact] | None = None,
) -> Entry:
    if who is None:
        return Entry(act, System.SERVER, System.SERVER, seat_id, group_id, facts or {})
    return Entry(act, who.participant_id, who.role, seat_id, group_id, facts or {})
