"""The legs participants hold, and the rooms they belong in.

Owns: one leg a participant, its replacement by a newer one, and what the engine last said about it. Must never
decide who is in a consultation; decisions.py says who enters and exits which room.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from media.core.parameters import LinkQuality, Preferences, RungReport, SendParameters, SlotAssignment
from media.engine.transport.errors import OfferRefused
from server.calls import views
from server.calls.callmeter import CallMeter, CallUse
from server.calls.media_port import MediaPort
from server.sockets.hub import Hub
from signaling import messages as wire
from signaling.errors import Refused
from signaling.limits import LINK_EVERY_S

UNMEASURED = wire.LinkQuality(level=0)


@dataclass(slots=True, eq=False)
class Leg:
    """One leg and what the engine last said about it. Nothing is told to the page before its answer."""

    leg_id: str
    participant_id: str
    answered: bool = False
    state: str = "new"
    parameters: SendParameters | None = None
    slots: Sequence[SlotAssignment] | None = None
    quality: wire.LinkQuality = UNMEASURED
    link_told_at: float = float("-inf")
    audio_muted: bool = False
    video_muted: bool = False
    rungs: wire.Rungs | None = None
    stills: wire.PeriodicStills | None = None


class Legs:
    """All legs; the engine's LegListener.

    ``changed`` is told of connections, ``link_changed`` of levels and rungs, ``used`` what somebody's call took
    once it is over. ``clock`` gives UTC seconds.
    """

    def __init__(
        self,
        media: MediaPort,
        hub: Hub,
        ids: Callable[[], str],
        *,
        changed: Callable[[str], None],
        link_changed: Callable[[str], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        used: Callable[[CallUse], None],
        clock: Callable[[], float],
    ) -> None:
        self._media = media
        self._hub = hub
        self._ids = ids
        self._changed = changed
        self._link_changed = link_changed
        self._spawn = spawn
        self._by_id: dict[str, Leg] = {}
        self._current: dict[str, Leg] = {}
        self._newest: dict[str, Leg] = {}
        self._used = used
        self._clock = clock
        self._rooms: dict[str, str] = {}
        self._shown_as: dict[str, str] = {}
        self._meters: dict[str, CallMeter] = {}
        self._preferences: dict[str, Preferences] = {}
        media.set_listener(self)

    def leg_of(self, participant_id: str) -> str | None:
        """The leg a participant holds."""
        leg = self._current.get(participant_id)
        return leg.leg_id if leg else None

    def connected(self, participant_id: str) -> bool:
        """Whether media can flow to and from a participant."""
        leg = self._current.get(participant_id)
        return leg is not None and leg.state == "connected"

    def quality(self, participant_id: str) -> wire.LinkQuality:
        """A participant's link; level 0 without a connected leg."""
        leg = self._current.get(participant_id)
        return leg.quality if leg is not None and leg.state == "connected" else UNMEASURED

    def muted(self, participant_id: str) -> tuple[bool, bool]:
        """Whether a participant has switched off audio, and video."""
        leg = self._current.get(participant_id)
        return (leg.audio_muted, leg.video_muted) if leg else (False, False)

    def rungs(self, participant_id: str) -> wire.Rungs | None:
        """Where a participant's leg stands; None while it shares no room."""
        leg = self._current.get(participant_id)
        return leg.rungs if leg else None

    async def offer(self, participant_id: str, sdp: str, ref: int) -> None:
        """Open a leg, answer, and put it in the place of the participant's older one. Raises Refused."""
        leg = Leg(self._ids(), participant_id)
        self._by_id[leg.leg_id] = self._newest[participant_id] = leg
        try:
            answer = await self._media.open_leg(leg.leg_id, sdp)
        except OfferRefused as refused:
            self._by_id.pop(leg.leg_id, None)
            raise Refused(refused.code) from None
        except BaseException:
            self._by_id.pop(leg.leg_id, None)
            raise
        if leg.leg_id not in self._by_id:
            raise Refused("try_again")  # it failed before it was answered
        if self._newest.get(participant_id) is not leg:
            # A page that has taken over offered in the meantime; an old offer must not replace its leg.
            await self._end(leg)
            return
        old = self._current.get(participant_id)
        if old is not None:
            # Out first, so that the others' slots are free for the new leg; all in one turn of the loop.
            self._media.part(old.leg_id)
            self._stop_counting(old)
        self._current[participant_id] = leg
        self._start_counting(leg)
        chosen = self._preferences.get(participant_id)
        if chosen is not None:
            self._media.set_preferences(leg.leg_id, chosen)
        room_id = self._rooms.get(participant_id)
        if room_id is not None:
            self._media.join(room_id, leg.leg_id, seat=participant_id)
        leg.answered = True
        self._hub.post(participant_id, wire.LegAnswer(leg_id=leg.leg_id, sdp=answer, ref=ref), "leg_answer")
        self.announce(participant_id)
        self._changed(participant_id)
        if old is not None:
            await self._end(old)

    async def close(self, participant_id: str, leg_id: str | None = None) -> None:
        """End a participant's leg, or only the one of this id; an unknown one is ignored."""
        leg = self._current.get(participant_id)
        if leg is None or leg_id not in (None, leg.leg_id):
            return
        self._media.part(leg.leg_id)
        self._stop_counting(leg)
        del self._current[participant_id]
        self._changed(participant_id)
        await self._end(leg)

    def enter(self, participant_id: str, room_id: str, *, shown_as: str | None = None) -> None:
        """The participant's leg, this one and any later, belongs in this room.

        ``shown_as``: what the others' slots call this participant there (None: by its id).
        """
        if self._rooms.get(participant_id) == room_id:
            return
        self.exit(participant_id)
        self._rooms[participant_id] = room_id
        if shown_as is not None:
            self._shown_as[participant_id] = shown_as
        self._meters[participant_id] = CallMeter(room_id, participant_id, self._clock())
        leg = self._current.get(participant_id)
        if leg is not None:
            self._start_counting(leg)
            self._media.join(room_id, leg.leg_id, seat=participant_id)

    def exit(self, participant_id: str) -> None:
        """The participant's leg belongs in no room; it stays warm."""
        self._shown_as.pop(participant_id, None)
        if self._rooms.pop(participant_id, None) is not None:
            leg = self._current.get(participant_id)
            if leg is not None:
                leg.rungs = None
                self._media.part(leg.leg_id)
                self._stop_counting(leg)
            meter = self._meters.pop(participant_id, None)
            if meter is not None:
                self._used(meter.finish(self._clock()))

    def exit_all(self) -> None:
        """The server stops: what calls took until now is told."""
        for participant_id in list(self._rooms):
            self.exit(participant_id)

    def _start_counting(self, leg: Leg) -> None:
        meter = self._meters.get(leg.participant_id)
        if meter is not None:
            meter.leg_began(self._media.traffic(leg.leg_id))

    def _stop_counting(self, leg: Leg) -> None:
        meter = self._meters.get(leg.participant_id)
        if meter is not None:
            meter.leg_ended(self._media.traffic(leg.leg_id))

    def forget_rungs(self, participant_id: str) -> None:
        """The call is over, though the leg stays in its room: there is nobody to stand on a rung towards."""
        leg = self._current.get(participant_id)
        if leg is not None:
            leg.rungs = None

    def forget_stills(self, room_id: str) -> None:
        """The call is over: no picture of it is kept."""
        self._media.forget_stills(room_id)

    def set_preferences(self, participant_id: str, chosen: Preferences) -> None:
        """What a participant has chosen; this leg and any later one of the session goes by it."""
        self._preferences[participant_id] = chosen
        leg = self._current.get(participant_id)
        if leg is not None:
            self._media.set_preferences(leg.leg_id, chosen)

    def forget_preferences(self, participant_id: str) -> None:
        """The session is over, and with it what was chosen."""
        self._preferences.pop(participant_id, None)

    def set_muted(self, participant_id: str, *, audio: bool, video: bool) -> None:
        """What a participant has switched off."""
        leg = self._current.get(participant_id)
        if leg is not None:
            leg.audio_muted, leg.video_muted = audio, video
            self._media.set_muted(leg.leg_id, audio=audio, video=video)

    def sending_reported(self, participant_id: str, report: wire.SendReport) -> None:
        """What a page says of its way up; about another leg than the current one it is stale."""
        if self.leg_of(participant_id) == report.leg_id:
            self._media.sending_reported(
                report.leg_id,
                available_bps=report.available_outgoing_bps,
                limited_by=report.quality_limitation.value,
                quantizer=report.quantizer,
            )

    def announce(self, participant_id: str) -> None:
        """Tell a page everything about the leg the server holds for it."""
        leg = self._current.get(participant_id)
        if leg is None:
            return
        self._tell_state(leg)
        if leg.parameters is not None:
            self.send_parameters_changed(leg.leg_id, leg.parameters)
        if leg.slots is not None:
            self.slots_changed(leg.leg_id, leg.slots)
        if leg.rungs is not None:
            self._hub.post(participant_id, leg.rungs, "rungs")
        if leg.stills is not None:
            self._hub.post(participant_id, leg.stills, "periodic_stills")

    # media_port.LegListener

    def leg_state_changed(self, leg_id: str, state: str) -> None:
        """W3C RTCPeerConnectionState of a leg; a failed one is closed, its page offers anew."""
        leg = self._by_id.get(leg_id)
        if leg is None:
            return
        leg.state = state
        meter = self._meter_of(leg)
        if meter is not None and state in ("connected", "disconnected", "failed"):
            meter.connected(state == "connected", self._clock())
        if leg.answered:
            self._tell_state(leg)
        if state in ("failed", "closed"):
            if self._current.get(leg.participant_id) is leg:
                self._media.part(leg_id)
                self._stop_counting(leg)
                del self._current[leg.participant_id]
            self._spawn(self._end(leg))
        if leg.answered:
            self._changed(leg.participant_id)

    def send_parameters_changed(self, leg_id: str, parameters: SendParameters) -> None:
        """What the page shall send."""
        leg = self._by_id.get(leg_id)
        if leg is not None:
            leg.parameters = parameters
            if leg.answered:
                message = views.send_parameters(leg_id, parameters)
                self._hub.post(leg.participant_id, message, "send_parameters")

    def slots_changed(self, leg_id: str, slots: Sequence[SlotAssignment]) -> None:
        """Whose media the leg's receive slots carry."""
        leg = self._by_id.get(leg_id)
        if leg is not None:
            leg.slots = slots
            if leg.answered:
                self._hub.post(leg.participant_id, views.slots(leg_id, slots, self._whose), "slots")

    def link_measured(self, leg_id: str, quality: LinkQuality) -> None:
        """The leg's link; its page is told now and then, the others when the level changes."""
        leg = self._by_id.get(leg_id)
        if leg is None:
            return
        before, leg.quality = leg.quality, views.link(quality)
        meter = self._meter_of(leg)
        if meter is not None:
            meter.link(quality.rtt_ms, quality.loss_ratio)
        now = self._hub.clock()
        if before.level != quality.level or now - leg.link_told_at >= LINK_EVERY_S:
            leg.link_told_at = now
            self._hub.post(leg.participant_id, wire.Link(quality=leg.quality), "link")
        if before.level != quality.level:
            self._link_changed(leg.participant_id)

    def rungs_changed(self, leg_id: str, report: RungReport) -> None:
        """Where the leg stands; its page is told, and the others through their consultation."""
        leg = self._by_id.get(leg_id)
        if leg is None or leg.participant_id not in self._rooms:
            return
        leg.rungs = views.rungs(leg_id, report)
        meter = self._meter_of(leg)
        if meter is not None:
            meter.stands_on(leg.rungs.down, leg.rungs.up, self._clock())
        if leg.answered:
            self._hub.post(leg.participant_id, leg.rungs, "rungs")
            self._link_changed(leg.participant_id)

    def stills_wanted(self, leg_id: str, every_s: float, max_bytes: int, width: int) -> None:
        """How often the page shall send a still by itself."""
        leg = self._by_id.get(leg_id)
        if leg is not None:
            leg.stills = wire.PeriodicStills(leg_id=leg_id, every_s=every_s, max_bytes=max_bytes, width=width)
            if leg.answered:
                self._hub.post(leg.participant_id, leg.stills, "periodic_stills")

    def _meter_of(self, leg: Leg) -> CallMeter | None:
        """The meter of a call, if it is this leg's."""
        current = self._current.get(leg.participant_id)
        return self._meters.get(leg.participant_id) if current is leg else None

    def _whose(self, leg_id: str) -> str | None:
        leg = self._by_id.get(leg_id)
        return self._shown_as.get(leg.participant_id, leg.participant_id) if leg else None

    def _tell_state(self, leg: Leg) -> None:
        self._hub.post(leg.participant_id, wire.LegState(leg_id=leg.leg_id, state=leg.state), "leg_state")

    async def _end(self, leg: Leg) -> None:
        if self._newest.get(leg.participant_id) is leg:
            del self._newest[leg.participant_id]
        if self._by_id.pop(leg.leg_id, None) is not None:
            await self._media.close_leg(leg.leg_id)
