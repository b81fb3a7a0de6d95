"""Group sessions: a host, a lobby, and seats under pseudonyms.

Owns: who is in which group, that pseudonyms are unique in a group, and that only its host admits, silences and
removes people. Pure. Must never know a patient: a seat is an id and a pseudonym.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from signaling.errors import Refused
from signaling.limits import MAX_LOBBY, MAX_PARTICIPANTS
from signaling.messages import Presence
from signaling.text import folded, is_fit, tidied

# For people who bring no name: words for the land, which reveal nothing about anybody.
PSEUDONYMS = (
    "Baobab", "Karité", "Néré", "Acacia", "Tamarin", "Manguier", "Fleuve", "Dune", "Étoile", "Lune", "Soleil",
    "Pluie", "Colline", "Gazelle", "Hirondelle", "Pirogue", "Calebasse", "Balafon", "Kora", "Mil",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seat:
    """One participant. ``silenced``: by the host. ``named``: not after a restart, until its page says a name."""

    seat_id: str
    station_id: str
    pseudonym: str
    presence: Presence = Presence.AWAY
    admitted: bool = False
    silenced: bool = False
    named: bool = True


def restored_seat(number: int, seat_id: str, station_id: str, *, admitted: bool, silenced: bool) -> Seat:
    """A seat after a restart, with a number for a name: a pseudonym is on no disk."""
    return Seat(seat_id, station_id, str(number), admitted=admitted, silenced=silenced, named=False)


@dataclass(frozen=True, slots=True)
class GroupSession:
    """One session; seats in the order of their requests."""

    group_id: str
    code: str
    host_id: str
    host_name: str
    host_presence: Presence
    seats: tuple[Seat, ...] = ()

    @property
    def admitted(self) -> tuple[Seat, ...]:
        """The seats that the host has admitted."""
        return tuple(seat for seat in self.seats if seat.admitted)

    def seat(self, seat_id: str) -> Seat | None:
        """The seat with this id."""
        return next((seat for seat in self.seats if seat.seat_id == seat_id), None)

    def seat_of(self, station_id: str) -> Seat | None:
        """The seat of this station."""
        return next((seat for seat in self.seats if seat.station_id == station_id), None)


class Groups:
    """All open sessions."""

    def __init__(self) -> None:
        self._open: dict[str, GroupSession] = {}

    def get(self, group_id: str) -> GroupSession | None:
        """An open session."""
        return self._open.get(group_id)

    def everything(self) -> list[GroupSession]:
        """Every open session."""
        return list(self._open.values())

    def of(self, participant_id: str) -> GroupSession | None:
        """The session that a participant is in, as host, in a seat or in the lobby."""
        return next(
            (
                one
                for one in self._open.values()
                if one.host_id == participant_id or one.seat_of(participant_id) is not None
            ),
            None,
        )

    def by_code(self, code: str) -> GroupSession:
        """The session with this code, whatever its case and outer spaces. Raises Refused."""
        wanted = code.strip().upper()
        found = next((one for one in self._open.values() if one.code == wanted), None)
        if found is None:
            raise Refused("unknown_group")
        return found

    def open(self, session: GroupSession) -> GroupSession:
        """A host opens a session."""
        self._open[session.group_id] = session
        return session

    def seat_for(self, group_id: str, seat_id: str, station_id: str, pseudonym: str) -> Seat:
        """The seat that this station would get in the lobby; nothing is kept yet. Raises Refused."""
        session = self._find(group_id)
        if len(session.seats) - len(session.admitted) >= MAX_LOBBY:
            raise Refused("group_full")
        if not is_fit(pseudonym):
            raise Refused("unfit_text")
        taken = {folded(seat.pseudonym) for seat in session.seats}
        name = " ".join(tidied(pseudonym).split())
        if folded(name) in taken:
            raise Refused("pseudonym_taken")
        # A free name always exists: lobby and room together hold fewer seats than there are names.
        name = name or next(free for free in PSEUDONYMS if folded(free) not in taken)
        return Seat(seat_id, station_id, name)

    def name(self, station_id: str, seat_id: str, pseudonym: str) -> GroupSession | None:
        """A page says under which pseudonym it sat before a restart; None: that changes nothing.

        Only once, and not a name that somebody has: nobody becomes somebody else in a group.
        """
        session = self.of(station_id)
        seat = session.seat(seat_id) if session is not None else None
        if session is None or seat is None or seat.station_id != station_id:
            return None
        name = " ".join(pseudonym.split())
        taken = {one.pseudonym.casefold() for one in session.seats if one is not seat}
        if seat.named or not name or name.casefold() in taken:
            return None
        return self.change(session, replace(seat, pseudonym=name, named=True))

    def take(self, group_id: str, seat: Seat) -> GroupSession:
        """Put a seat into the lobby. Raises Refused."""
        session = self._find(group_id)
        return self._keep(replace(session, seats=(*session.seats, seat)))

    def led(self, host_id: str, seat_id: str) -> tuple[GroupSession, Seat]:
        """A host's session and one seat in it. Raises Refused: a missing seat and another group's read alike."""
        session = next((one for one in self._open.values() if one.host_id == host_id), None)
        seat = session.seat(seat_id) if session is not None else None
        if session is None or seat is None:
            raise Refused("unknown_group")
        return session, seat

    def may_admit(self, session: GroupSession) -> None:
        """Raises Refused when the room is full, the host counted."""
        if len(session.admitted) + 1 >= MAX_PARTICIPANTS:
            raise Refused("group_full")

    def change(self, session: GroupSession, seat: Seat) -> GroupSession:
        """Replace the seat that has the same id."""
        now = self._find(session.group_id)
        seats = tuple(seat if one.seat_id == seat.seat_id else one for one in now.seats)
        return self._keep(replace(now, seats=seats))

    def drop(self, session: GroupSession, seat: Seat) -> GroupSession:
        """Remove a seat."""
        now = self._find(session.group_id)
        return self._keep(replace(now, seats=tuple(one for one in now.seats if one.seat_id != seat.seat_id)))

    def close(self, group_id: str) -> None:
        """End the session."""
        self._open.pop(group_id, None)

    def present(self, participant_id: str, presence: Presence) -> GroupSession | None:
        """A link was lost or came back; None when that changes nothing."""
        session = self.of(participant_id)
        if session is None:
            return None
        if session.host_id == participant_id:
            after = replace(session, host_presence=presence)
        else:
            seats = tuple(
                replace(one, presence=presence) if one.station_id == participant_id else one
                for one in session.seats
            )
            after = replace(session, seats=seats)
        return self._keep(after) if after != session else None

    def _find(self, group_id: str) -> GroupSession:
        found = self._open.get(group_id)
        if found is None:
            raise Refused("unknown_group")
        return found

    def _keep(self, session: GroupSession) -> GroupSession:
        self._open[session.group_id] = session
        return session
