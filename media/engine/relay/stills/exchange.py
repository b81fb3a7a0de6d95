"""The exchange of stills: each still comes up from one page and goes down to every other page, at each link's rate.

Owns: the stills in transfer in each room, and which pages have them. A still is in memory only, from its first byte
until every other seat has it, the room is forgotten, or newer stills need its place; it is never written to disk
and never logged. Must never decide a rate: stillsbudget.py does.

A *seat* is a name from the caller that stays the same when another leg replaces a participant's leg. The transfer
of a still continues on the new leg where the old one stopped, on the uplink and on the downlink. A still goes
down while it comes up.
"""

from __future__ import annotations

from collections.abc import Collection

from media.core.stills import (
    CHUNK_OVERHEAD_BYTES,
    SERVER_IDS,
    Cancel,
    Chunk,
    Done,
    Frame,
    Grant,
    Have,
    Hello,
    Offer,
    Still,
    StillError,
    parse,
)
from media.engine.relay.rooms import Member
from media.engine.relay.stills.page import StillsPage
from media.engine.relay.stills.room import RoomStills, SharedStill

# The stills of an empty room are kept for as long as a session may be away (signaling: 120 s).
EMPTY_ROOM_KEPT_MS = 120_000.0
SWEEP_MS = 5_000.0
# The most empty rooms that are kept; the oldest is deleted first.
EMPTY_ROOMS_MAX = 64


class Stills:
    """The stills of one engine."""

    def __init__(self) -> None:
        self._pages: dict[Member, StillsPage] = {}
        self._rooms: dict[str, RoomStills] = {}
        self._next_sweep_ms = 0.0

    # Legs and rooms -----------------------------------------------------------------------------------

    def leg_opened(self, member: Member) -> None:
        """A leg has opened."""
        self._pages[member] = StillsPage(member)

    def leg_closed(self, member: Member) -> None:
        """A leg has closed."""
        self._pages.pop(member, None)

    def joined(self, member: Member, seat: str) -> None:
        """A leg has joined its room, on this seat."""
        page = self._pages[member]
        page.seat = seat or member.leg.leg_id
        assert member.room is not None
        room = self._rooms.setdefault(member.room.room_id, RoomStills())
        room.empty_since_ms = None
        for shared in room.shared:
            self._offer(page, shared)

    def parted(self, member: Member, room_id: str, now_ms: float, *, empty: bool) -> None:
        """A leg has left its room; ``empty``: the room has no other leg."""
        page = self._pages.get(member)
        if page is not None:
            page.begin(ready=page.ready)
        room = self._rooms.get(room_id)
        if room is not None and empty:
            room.empty_since_ms = now_ms
            self._forget_old(now_ms)

    def forget(self, room_id: str) -> None:
        """Delete all stills of a room, because its call is over."""
        room = self._rooms.pop(room_id, None)
        if room is None:
            return
        for page in self._pages.values():
            for shared in room.shared:
                page.send(page.sender.cancel(shared.still))

    # What pages send ----------------------------------------------------------------------------------

    def arrived(self, member: Member, data: bytes) -> None:
        """Process one message of a page's data channel."""
        page = self._pages.get(member)
        if page is None:
            return
        try:
            self._frame(page, parse(data))
        except StillError:
            member.leg.refused["still"] += 1

    def _frame(self, page: StillsPage, frame: Frame) -> None:
        room = self._room(page)
        match frame:
            case Hello():
                self._hello(page, frame)
            case Have():
                page.sender.have(frame)
            case Done() | Cancel():
                still = page.sender.remove(frame.still_id)
                if still is not None and room is not None:
                    self._had(room, still, page.seat)
                elif isinstance(frame, Cancel) and room is not None:
                    self._withdrawn(room, page.seat, frame.still_id)
            case Offer() if room is not None:
                self._offered(room, page, frame)
            case Chunk() if room is not None:
                self._chunk(room, page, frame)
            case Offer():
                page.send([Cancel(frame.still_id)])  # no other page would get it
            case Chunk():
                pass  # of a still that was cancelled above
            case Grant():
                raise StillError("only we grant")

    def _hello(self, page: StillsPage, hello: Hello) -> None:
        page.begin(ready=True)
        room = self._room(page)
        if room is None:
            return
        receiver = room.receivers.get(page.seat)
        if receiver is not None:
            for still_id in [one for one in receiver.coming if one not in hello.going]:
                self._withdrawn(room, page.seat, still_id)
        for shared in room.shared:
            self._offer(page, shared)

    def _offered(self, room: RoomStills, page: StillsPage, offer: Offer) -> None:
        if offer.still_id >= SERVER_IDS:
            raise StillError("one of our own ids")
        receiver = room.receiver(page.seat)
        is_new = offer.still_id not in receiver.coming
        page.send(receiver.offered(offer))
        still = receiver.coming.get(offer.still_id)
        if still is None or not is_new:
            return
        while room.is_full:
            self._drop(room, room.shared[0].still)
        shared = room.share(still, page.seat)
        for other in self._others(page):
            self._offer(other, shared)

    def _chunk(self, room: RoomStills, page: StillsPage, chunk: Chunk) -> None:
        receiver = room.receivers.get(page.seat)
        if receiver is None:
            return
        coming = receiver.coming.get(chunk.still_id)
        page.send(receiver.arrived(chunk))
        if coming is not None and chunk.still_id not in receiver.coming and not coming.whole:
            self._drop(room, coming)  # it arrived damaged twice

    def _withdrawn(self, room: RoomStills, seat: str, still_id: int) -> None:
        """The sender withdraws its still."""
        still = room.withdraw(seat, still_id)
        if still is not None:
            self._drop(room, still)

    def _had(self, room: RoomStills, still: Still, seat: str) -> None:
        seats = {page.seat for page in self._pages.values() if self._room(page) is room}
        room.had(still, seat, seats)

    # The clock ----------------------------------------------------------------------------------------

    def is_going_down(self, member: Member) -> bool:
        """Whether a still is in transfer to this page."""
        return not self._pages[member].sender.is_idle

    def is_coming_up(self, member: Member) -> bool:
        """Whether a still is in transfer from this page."""
        return bool(self._coming_up(member))

    def is_asked_coming_up(self, member: Member) -> bool:
        """Whether this page sends a still that somebody has asked for."""
        return any(not one.is_periodic for one in self._coming_up(member))

    def _coming_up(self, member: Member) -> Collection[Still]:
        page = self._pages[member]
        room = self._room(page)
        receiver = room.receivers.get(page.seat) if room is not None else None
        return receiver.coming.values() if receiver is not None else ()

    def set_pace(self, member: Member, rate_bps: float, chunk_bytes: int, now_ms: float) -> None:
        """Set the rate of stills to this page."""
        self._pages[member].sender.set_pace(rate_bps, chunk_bytes, now_ms)

    def grant(self, member: Member, rate_bps: float, chunk_bytes: int) -> None:
        """Set the rate of stills from this page; the page is told a change if it needs to know it."""
        self._pages[member].grant(rate_bps, chunk_bytes)

    def tick(self, member: Member, now_ms: float) -> None:
        """Send this page the pieces of stills that are due."""
        page = self._pages[member]
        if page.sender.is_idle or not member.leg.data_flows:
            return
        for chunk in page.sender.take(now_ms):
            if page.send([chunk]):
                member.downlink.sent_beside(len(chunk.data) + CHUNK_OVERHEAD_BYTES, now_ms)

    # Helpers ------------------------------------------------------------------------------------------

    def _room(self, page: StillsPage) -> RoomStills | None:
        room = page.member.room
        return self._rooms.get(room.room_id) if room is not None else None

    def _others(self, page: StillsPage) -> list[StillsPage]:
        room = page.member.room
        if room is None:
            return []
        return [self._pages[one] for one in room.members if one is not page.member and one in self._pages]

    def _offer(self, page: StillsPage, shared: SharedStill) -> None:
        if not page.ready or page.seat == shared.source_seat or page.seat in shared.had_by:
            return
        source = next((one for one in self._others(page) if one.seat == shared.source_seat), None)
        frames = page.sender.offer(shared.still, shared.number, page.slot_of(source))
        page.send(frames)
        room = self._room(page)
        if room is not None:
            for older in [one for one in room.shared if Cancel(one.number) in frames]:
                self._had(room, older.still, page.seat)  # a newer still has replaced it

    def _drop(self, room: RoomStills, still: Still) -> None:
        for seat in room.drop(still):
            self._cancel_at_source(room, seat, still.offer.still_id)
        for page in self._pages.values():
            page.send(page.sender.cancel(still))

    def _cancel_at_source(self, room: RoomStills, seat: str, still_id: int) -> None:
        for page in self._pages.values():
            if page.seat == seat and self._room(page) is room:
                page.send([Cancel(still_id)])

    def _forget_old(self, now_ms: float) -> None:
        empty = {name: room.empty_since_ms for name, room in self._rooms.items() if room.empty_since_ms}
        for name, since_ms in list(empty.items()):
            if now_ms - since_ms > EMPTY_ROOM_KEPT_MS or len(empty) > EMPTY_ROOMS_MAX:
                del self._rooms[name], empty[name]

    def sweep(self, now_ms: float) -> None:
        """Forget rooms to which nobody has returned; it may be called often."""
        if now_ms >= self._next_sweep_ms:
            self._next_sweep_ms = now_ms + SWEEP_MS
            self._forget_old(now_ms)
