"""Group sessions live: codes, the lobby, who hears whom. Follows the events of the desk.

Owns: which legs are in a group's room, under which name, and what each page is told. Must never let a name, a place
or the id of a station out to another seat: slots name seats.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from server.calls.desk.events import (
    ConsentWithdrawn,
    GivenUp,
    ParticipantChanged,
    SessionOpened,
    Started,
)
from server.calls.desk.state import DeskState, Handlers
from server.groups.store import GroupStore
from server.people.principal import Principal
from signaling import messages as wire
from signaling.errors import Refused
from signaling.groups import Groups, GroupSession, Seat, restored_seat
from signaling.limits import TokenBucket, request_bucket
from signaling.messages import GroupEnd, Presence


class GroupRooms:
    """All group sessions. ``codes`` gives a fresh code to tell people."""

    def __init__(self, desk: DeskState, store: GroupStore, codes: Callable[[], str]) -> None:
        self._desk = desk
        self._legs = desk.legs
        self._hub = desk.hub
        self._store = store
        self._codes = codes
        self._groups = Groups()
        self._buckets: dict[str, TokenBucket] = {}
        self._checks: dict[str, TokenBucket] = {}
        # Held from writing a seat down until it is in the lobby.
        self._asking = asyncio.Lock()
        desk.elsewhere.append(self.has)
        desk.events.when(Started, self._start)
        desk.events.on(SessionOpened, self._session_opened)
        desk.events.on(ParticipantChanged, lambda event: self._changed(event.participant_id))
        desk.events.when(GivenUp, self._given_up)
        desk.events.when(ConsentWithdrawn, self._consent_withdrawn)

    @property
    def handlers(self) -> Handlers:
        """Which messages it carries out."""
        return {
            wire.OpenGroup: self._open,
            wire.AskSeat: self._ask,
            wire.AdmitSeat: self._admit,
            wire.MuteSeat: self._mute,
            wire.RemoveSeat: self._remove,
            wire.LeaveGroup: self._leave,
        }

    async def _start(self, _: Started) -> None:
        """Everybody finds back into the group of before, in the usual time; pages bring the pseudonyms."""
        for found in await self._store.load_open():
            host = found.host.participant_id
            seats = tuple(
                restored_seat(
                    number,
                    one.seat_id,
                    one.station.participant_id,
                    admitted=one.admitted,
                    silenced=one.silenced,
                )
                for number, one in enumerate(found.seats, 1)
            )
            for who in (found.host, *(one.station for one in found.seats)):
                self._hub.expect(who)
            waiting = Presence.RECONNECTING
            session = GroupSession(
                found.group_id,
                found.code,
                host,
                found.host.name,
                waiting,
                tuple(replace(seat, presence=waiting) for seat in seats),
            )
            self._groups.open(session)
            self._legs.enter(host, session.group_id)
            for seat in session.admitted:
                self._let_in(session, seat)

    def has(self, participant_id: str) -> bool:
        """Whether somebody is in a group or in its lobby."""
        return self._groups.of(participant_id) is not None

    def _session_opened(self, event: SessionOpened) -> None:
        participant_id = event.principal.participant_id
        self._changed(participant_id)
        session = self._groups.of(participant_id)
        if session is not None:
            self._tell(session, participant_id)

    def _changed(self, participant_id: str) -> None:
        session = self._groups.of(participant_id)
        if session is None:
            return
        session = self._groups.present(participant_id, self._desk.presence(participant_id)) or session
        seat = session.seat_of(participant_id)
        if seat is not None and seat.silenced:
            _, video = self._legs.held.muted(participant_id)
            self._legs.set_muted(participant_id, audio=True, video=video)
        self._tell_all(session)

    async def _given_up(self, event: GivenUp) -> None:
        if not event.off_duty:
            await self._out(None, event.participant_id, GroupEnd.LOST)

    async def _consent_withdrawn(self, event: ConsentWithdrawn) -> None:
        """The participant of a seat no longer agrees: that seat is empty from now on."""
        async with self._asking:  # a seat that is being written is in the lobby before this looks, or refused
            sessions = self._groups.everything()
        for session in sessions:
            seat = session.seat(event.case_id)
            if seat is not None:
                await self._out(None, seat.station_id, GroupEnd.WITHDRAWN)

    async def _open(self, host: Principal, message: wire.OpenGroup) -> None:
        who = host.participant_id
        self._must_be_free(who)
        code = self._codes()
        group_id = await self._store.open(host, code)
        session = GroupSession(group_id, code, who, host.name, self._desk.presence(who))
        self._groups.open(session)
        self._legs.enter(who, group_id)
        self._tell_all(session)

    def check(self, station: Principal, code: str, pseudonym: str) -> None:
        """Whether this station could ask for a seat now; nothing is kept. Raises Refused with what to correct."""
        who = station.participant_id
        self._slow_down(self._checks, who)
        self._must_be_free(who)
        self._groups.seat_for(self._groups.by_code(code).group_id, "", who, pseudonym)

    async def _ask(self, station: Principal, message: wire.AskSeat) -> None:
        who = station.participant_id
        self._slow_down(self._buckets, who)
        sits_in = self._groups.of(who)
        if sits_in is not None and sits_in.seat(message.seat_id) is not None:
            named = self._groups.name(who, message.seat_id, message.pseudonym)
            self._tell_all(named or sits_in)
            return
        self._must_be_free(who)
        group_id = self._groups.by_code(message.code).group_id
        self._groups.seat_for(group_id, message.seat_id, who, message.pseudonym)
        async with self._asking:
            await self._store.ask(station, group_id, message.seat_id)
            # Others may have asked while it was written: whose name is taken by now asks again.
            self._must_be_free(who)
            seat = self._groups.seat_for(group_id, message.seat_id, who, message.pseudonym)
            session = self._groups.take(group_id, replace(seat, presence=self._desk.presence(who)))
        self._tell_all(session)

    async def _admit(self, host: Principal, message: wire.AdmitSeat) -> None:
        session, seat = self._groups.led(host.participant_id, message.seat_id)
        if seat.admitted:
            return
        self._groups.may_admit(session)
        await self._store.admitted(host, seat.seat_id)
        session, seat = self._groups.led(host.participant_id, message.seat_id)
        self._groups.may_admit(session)
        session = self._groups.change(session, replace(seat, admitted=True))
        self._let_in(session, seat)
        self._tell_all(session)

    def _let_in(self, session: GroupSession, seat: Seat) -> None:
        self._legs.enter(seat.station_id, session.group_id, shown_as=seat.seat_id)
        # Nobody is seen who has not chosen to be.
        self._legs.set_muted(seat.station_id, audio=seat.silenced, video=True)

    async def _mute(self, host: Principal, message: wire.MuteSeat) -> None:
        session, seat = self._groups.led(host.participant_id, message.seat_id)
        session = self._groups.change(session, replace(seat, silenced=message.muted))
        if message.muted:
            _, video = self._legs.held.muted(seat.station_id)
            self._legs.set_muted(seat.station_id, audio=True, video=video)
        self._tell_all(session)
        await self._store.muted(host, session.group_id, seat.seat_id, muted=message.muted)

    async def _remove(self, host: Principal, message: wire.RemoveSeat) -> None:
        _, seat = self._groups.led(host.participant_id, message.seat_id)
        await self._out(host, seat.station_id, GroupEnd.REMOVED if seat.admitted else GroupEnd.REFUSED)

    async def _leave(self, principal: Principal, message: wire.LeaveGroup) -> None:
        await self._out(principal, principal.participant_id, GroupEnd.LEFT)

    async def _out(self, who: Principal | None, participant_id: str, why: GroupEnd) -> None:
        """Somebody is out at once; the disk hears of it after. A host takes everybody along."""
        session = self._groups.of(participant_id)
        if session is None:
            return
        seat = session.seat_of(participant_id)
        if seat is None:
            self._groups.close(session.group_id)
            for gone in (session.host_id, *(one.station_id for one in session.seats)):
                self._part(session, gone, GroupEnd.OVER)
            await self._store.closed(who, session.group_id)
            return
        session = self._groups.drop(session, seat)
        self._part(session, participant_id, why)
        self._tell_all(session)
        await self._store.left(who, seat.seat_id, removed=why in (GroupEnd.REMOVED, GroupEnd.REFUSED))

    def _part(self, session: GroupSession, participant_id: str, why: GroupEnd) -> None:
        self._legs.exit(participant_id)
        over = replace(session, seats=(), code="")
        self._hub.post(participant_id, self._message(over, None, why=why), "group")

    def _slow_down(self, buckets: dict[str, TokenBucket], who: str) -> None:
        """A code is short enough to be told by telephone: whoever tries many is slowed down. Raises Refused."""
        if not buckets.setdefault(who, request_bucket()).take(self._hub.clock()):
            raise Refused("slow_down")

    def _must_be_free(self, participant_id: str) -> None:
        if self._desk.is_busy(participant_id):
            raise Refused("already_in_consultation")

    def _tell_all(self, session: GroupSession) -> None:
        for participant_id in (session.host_id, *(seat.station_id for seat in session.seats)):
            self._tell(session, participant_id)

    def _tell(self, session: GroupSession, participant_id: str) -> None:
        seat = session.seat_of(participant_id)
        if seat is None:
            shown = session
        else:
            # Who waits sees nobody, and who is in does not see who waits.
            others = session.admitted if seat.admitted else (seat,)
            shown = replace(session, seats=others, code="")
        self._hub.post(participant_id, self._message(shown, seat), "group")

    def _message(self, session: GroupSession, own: Seat | None, *, why: GroupEnd | None = None) -> wire.Group:
        """``why`` it is over for the recipient; None: it is not."""
        return wire.Group(
            group_id=session.group_id,
            host_id=session.host_id,
            host_name=session.host_name,
            host_presence=session.host_presence if why is None else Presence.AWAY,
            open=why is None,
            seats=[self._seat(seat) for seat in session.seats],
            own_seat=own.seat_id if own is not None else "",
            code=session.code,
            why=why,
        )

    def _seat(self, seat: Seat) -> wire.GroupSeat:
        audio_muted, video_muted = self._legs.held.muted(seat.station_id)
        audio_fault, video_fault = self._legs.held.faults(seat.station_id)
        return wire.GroupSeat(
            seat_id=seat.seat_id,
            pseudonym=seat.pseudonym,
            admitted=seat.admitted,
            presence=seat.presence,
            audio_muted=audio_muted,
            video_muted=video_muted,
            audio_fault=audio_fault,
            video_fault=video_fault,
            silenced=seat.silenced,
            link=self._legs.held.quality(seat.station_id),
        )
