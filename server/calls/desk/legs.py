"""Opens, replaces, moves and closes the legs of participants.

Owns: one leg for each participant, its replacement by a newer one, and its room. Must never decide who is in a
consultation; a turn (turn.py) decides who enters and exits which room.
"""

from __future__ import annotations

from collections.abc import Callable

from media.core.parameters import Preferences
from media.engine.transport.errors import OfferRefused
from server.calls.background import Background
from server.calls.callmeter import CallMeter
from server.calls.desk.events import CallUsed, Events, LinkChanged, ReachabilityChanged
from server.calls.desk.heldlegs import HeldLeg, HeldLegs
from server.calls.desk.legnotices import LegNotices
from server.calls.media_port import MediaPort
from server.sockets.hub import Hub
from signaling import messages as wire
from signaling.errors import Refused


class Legs:
    """All legs. ``ids`` gives the ids of new legs, ``clock`` UTC seconds.

    ``held``: their records, which every part may read. It tells `ReachabilityChanged` for connections,
    `LinkChanged` for levels and rungs, and `CallUsed` when a participant's part of a call is over.
    """

    def __init__(
        self,
        media: MediaPort,
        hub: Hub,
        events: Events,
        background: Background,
        *,
        ids: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self.held = HeldLegs()
        self._media = media
        self._hub = hub
        self._events = events
        self._background = background
        self._ids = ids
        self._clock = clock
        self._preferences: dict[str, Preferences] = {}
        self._notices = LegNotices(self.held, hub, events, gone=self._gone, clock=clock)
        media.set_listener(self._notices)

    async def offer(self, participant_id: str, sdp: str, ref: int, *, sign_in: str = "") -> None:
        """Open a leg, send its answer, and replace the participant's older leg. Raises Refused.

        ``sign_in``: the HTTP session that the leg stands on.
        """
        leg = HeldLeg(self._ids(), participant_id, sign_in)
        self.held.by_id[leg.leg_id] = self.held.newest[participant_id] = leg
        try:
            answer = await self._media.open_leg(leg.leg_id, sdp)
        except OfferRefused as refused:
            self.held.by_id.pop(leg.leg_id, None)
            raise Refused(refused.code) from None
        except BaseException:
            self.held.by_id.pop(leg.leg_id, None)
            raise
        if leg.leg_id not in self.held.by_id:
            # It failed, or its sign-in ended, before it was answered.
            await self._media.close_leg(leg.leg_id)
            raise Refused("try_again")
        if self.held.newest.get(participant_id) is not leg:
            # Another page of the participant has offered meanwhile; an old offer must not replace its leg.
            await self._end(leg)
            return
        old = self.held.current.get(participant_id)
        if old is not None:
            # The old leg leaves first, so that the others' slots are free for the new one; nothing awaits in
            # between.
            self._media.part(old.leg_id)
            self._stop_counting(old)
        self.held.current[participant_id] = leg
        self._start_counting(leg)
        chosen = self._preferences.get(participant_id)
        if chosen is not None:
            self._media.set_preferences(leg.leg_id, chosen)
        if participant_id in self.held.off:
            self._mute(leg)
        room_id = self.held.rooms.get(participant_id)
        if room_id is not None:
            self._media.join(room_id, leg.leg_id, seat=participant_id)
        leg.answered = True
        self._hub.post(participant_id, wire.LegAnswer(leg_id=leg.leg_id, sdp=answer, ref=ref), "leg_answer")
        self.announce(participant_id)
        self._events.tell(ReachabilityChanged(participant_id))
        if old is not None:
            await self._end(old)

    async def close(self, participant_id: str, leg_id: str | None = None) -> None:
        """Close a participant's leg, or only the leg with this id; an unknown id is ignored."""
        leg = self.held.current.get(participant_id)
        if leg is not None and leg_id in (None, leg.leg_id):
            self._put_away(leg)
            await self._end(leg)

    async def close_signed_out(self, participant_id: str, sign_in: str | None) -> None:
        """Close every leg of a participant that stands on this HTTP session (None: on any), answered or not."""
        ending = self.held.standing_on(participant_id, sign_in)
        for leg in ending:
            if self.held.current.get(participant_id) is leg:
                self._put_away(leg)
        for leg in ending:
            await self._end(leg)

    def _put_away(self, leg: HeldLeg) -> None:
        """From this moment no packet goes to a participant's leg or comes from it."""
        self._media.part(leg.leg_id)
        self._stop_counting(leg)
        del self.held.current[leg.participant_id]
        self._events.tell(ReachabilityChanged(leg.participant_id))

    def enter(self, participant_id: str, room_id: str, *, shown_as: str | None = None) -> None:
        """Put the participant's leg, and any later one, into this room.

        ``shown_as``: the participant's name in the others' slots (None: its id).
        """
        if self.held.rooms.get(participant_id) == room_id:
            return
        self.exit(participant_id)
        self.held.rooms[participant_id] = room_id
        if shown_as is not None:
            self.held.shown_as[participant_id] = shown_as
        self.held.meters[participant_id] = CallMeter(room_id, participant_id, self._clock())
        leg = self.held.current.get(participant_id)
        if leg is not None:
            self._start_counting(leg)
            self._media.join(room_id, leg.leg_id, seat=participant_id)

    def exit(self, participant_id: str) -> None:
        """Take the participant's leg out of its room; it stays warm."""
        self.held.shown_as.pop(participant_id, None)
        if self.held.rooms.pop(participant_id, None) is not None:
            leg = self.held.current.get(participant_id)
            if leg is not None:
                leg.rungs = None
                self._media.part(leg.leg_id)
                self._stop_counting(leg)
            meter = self.held.meters.pop(participant_id, None)
            if meter is not None:
                self._events.tell(CallUsed(meter.finish(self._clock())))

    def exit_all(self) -> None:
        """Take all legs out of their rooms and tell the use of their calls; the server stops."""
        for participant_id in list(self.held.rooms):
            self.exit(participant_id)

    def _start_counting(self, leg: HeldLeg) -> None:
        meter = self.held.meters.get(leg.participant_id)
        if meter is not None:
            meter.leg_began(self._media.traffic(leg.leg_id))

    def _stop_counting(self, leg: HeldLeg) -> None:
        meter = self.held.meters.get(leg.participant_id)
        if meter is not None:
            meter.leg_ended(self._media.traffic(leg.leg_id))

    def forget_stills(self, room_id: str) -> None:
        """Delete the stills of a room, because its call is over."""
        self._media.forget_stills(room_id)

    def set_preferences(self, participant_id: str, chosen: Preferences) -> None:
        """Set a participant's preferences for this leg and any later one of the session."""
        self._preferences[participant_id] = chosen
        leg = self.held.current.get(participant_id)
        if leg is not None:
            self._media.set_preferences(leg.leg_id, chosen)

    def forget_choices(self, participant_id: str) -> None:
        """Delete a participant's choices, because the session is over; a leg that still flows stays as it is."""
        self._preferences.pop(participant_id, None)
        if participant_id not in self.held.current:
            self.held.off.pop(participant_id, None)
            self.held.broken.pop(participant_id, None)

    def set_muted(self, participant_id: str, *, audio: bool, video: bool) -> None:
        """Mute or unmute a participant's media, on this leg and on any later one."""
        self.held.off[participant_id] = (audio, video)
        leg = self.held.current.get(participant_id)
        if leg is not None:
            self._mute(leg)

    def _mute(self, leg: HeldLeg) -> None:
        audio, video = self.held.muted(leg.participant_id)
        self._media.set_muted(leg.leg_id, audio=audio, video=video)

    def path_blocked(self, participant_id: str, leg_id: str, *, blocked: bool) -> None:
        """A participant's network lets no media through, or does again; of an older leg it is ignored.

        Where one direction alone is blocked, the engine may still take the leg for connected.
        """
        leg = self.held.current.get(participant_id)
        if leg is not None and leg.leg_id == leg_id and leg.blocked != blocked:
            leg.blocked = blocked
            self._events.tell(LinkChanged(participant_id))

    def set_faults(
        self, participant_id: str, *, audio: wire.DeviceFault | None, video: wire.DeviceFault | None
    ) -> None:
        """Why a participant's devices give nothing; only told, the engine needs no reason."""
        self.held.broken[participant_id] = (audio, video)

    def sending_reported(self, participant_id: str, report: wire.SendReport) -> None:
        """Pass on a page's report about its uplink; a report about an older leg is ignored."""
        if self.held.leg_of(participant_id) == report.leg_id:
            self._media.sending_reported(
                report.leg_id,
                available_bps=report.available_outgoing_bps,
                limited_by=report.quality_limitation.value,
                quantizer=report.quantizer,
            )

    def announce(self, participant_id: str) -> None:
        """Tell a page everything about its leg in the server."""
        self._notices.announce(participant_id)

    def _gone(self, leg: HeldLeg) -> None:
        """A leg failed or closed by itself."""
        if self.held.current.get(leg.participant_id) is leg:
            self._media.part(leg.leg_id)
            self._stop_counting(leg)
            del self.held.current[leg.participant_id]
        self._background.spawn(self._end(leg))

    async def _end(self, leg: HeldLeg) -> None:
        if self.held.newest.get(leg.participant_id) is leg:
            del self.held.newest[leg.participant_id]
        if self.held.by_id.pop(leg.leg_id, None) is not None:
            await self._media.close_leg(leg.leg_id)
