"""The media engine: legs and rooms, behind the interface that the rest of the server uses.

Owns: the shared ports, every leg and every room. Must never know a person, a consultation or a signaling message:
ids are arguments, and the listener gets reports.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from media.core.parameters import Preferences
from media.engine.copies.pool import DownscalerPool
from media.engine.legfactory import LegFactory
from media.engine.listener import LegListener, Nobody
from media.engine.relay.control import LegControl, UplinkReport
from media.engine.relay.refusals import Refusals
from media.engine.relay.rooms import Member, Room, assignments
from media.engine.relay.stills import Stills
from media.engine.rounds import Rounds
from media.engine.share.layers import TemporalLayers
from media.engine.share.lowercopies import LowerCopies
from media.engine.share.noroom import NoRoom
from media.engine.share.sharer import Sharers
from media.engine.share.simulcast import Simulcast
from media.engine.transport.errors import OfferRefused
from media.engine.transport.leg import Leg
from media.engine.transport.ports import PortRegistry
from media.engine.turns import Turns

# One core carries some 160 calls; the rest are warm legs of people who wait.
LEGS_MAX = 1_000


@dataclass(frozen=True)
class MediaSettings:
    """The addresses on which the engine listens, and those that it announces to pages."""

    port: int = 8081
    hosts: tuple[str, ...] = ("0.0.0.0", "::")  # noqa: S104 - one UDP port for the public
    announced: tuple[str, ...] = ()
    # The most processes that make lower copies; the default leaves one core to the relay.
    downscalers: int | None = None


class MediaEngine:
    """See the module's docstring. All methods must be called on the event loop of `start`."""

    def __init__(self, settings: MediaSettings) -> None:
        self._settings = settings
        self._registry = PortRegistry()
        self._refusals = Refusals(self._registry)
        self._controls: dict[str, LegControl] = {}
        self._rooms: dict[str, Room] = {}
        self._stills = Stills()
        self._lower_copies = LowerCopies(
            DownscalerPool(settings.downscalers), lambda: 1 + secrets.randbelow(0xFFFF_FFFF)
        )
        # A receiver that gets no picture limits nobody. A small picture costs the publisher's uplink, a lower
        # copy the server's processor. Layers then serve the remaining receivers.
        self._sharers = Sharers(NoRoom(), Simulcast(), self._lower_copies, TemporalLayers())
        self._turns = Turns(self._controls, self._stills, self._sharers)
        self._rounds = Rounds(self._controls, self._turns.tend, self._lower_copies.tidy)
        self._factory = LegFactory(self._registry, self._stills, self._leg_state)
        self._listener: LegListener = Nobody()
        self._clock: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The bound UDP port (useful if the settings ask for port 0)."""
        return self._registry.ports[0].port

    @property
    def refused(self) -> dict[str, int]:
        """The number of datagrams refused at the shared ports, by reason."""
        return dict(self._registry.guard.refused)

    @property
    def in_call(self) -> bool:
        """Whether anybody is in a room."""
        return bool(self._rooms)

    def refusals(self) -> dict[str, int]:
        """The number of refusals since the start, at the shared ports and in legs, by reason."""
        return self._refusals.so_far(control.member for control in self._controls.values())

    def set_listener(self, listener: LegListener) -> None:
        """Report to `listener` from now on."""
        self._listener = self._turns.listener = listener

    async def start(self) -> None:
        """Bind the ports and start the rounds. Raises OSError if a port cannot be bound."""
        self._registry.open(self._settings.hosts, self._settings.port, self._settings.announced)
        self._clock = asyncio.create_task(self._rounds.run(), name="media engine")

    async def close(self) -> None:
        """Close every leg and the ports."""
        if self._clock is not None:
            self._clock.cancel()
            await asyncio.gather(self._clock, return_exceptions=True)
        await asyncio.gather(*(self.close_leg(leg_id) for leg_id in list(self._controls)))
        if self._closing:
            await asyncio.gather(*self._closing, return_exceptions=True)
        await self._lower_copies.close()
        self._registry.close()

    # Legs ------------------------------------------------------------------------------------------------

    async def open_leg(self, leg_id: str, offer_sdp: str) -> str:
        """Make a leg for an offer; returns the SDP answer. The leg connects by itself and carries no media (warm).

        Raises OfferRefused.
        """
        if leg_id in self._controls:
            raise OfferRefused("leg_exists")
        if len(self._controls) >= LEGS_MAX:
            raise OfferRefused("too_many_legs")
        control, answer = await self._factory.make(leg_id, offer_sdp)
        self._controls[leg_id] = control
        self._stills.leg_opened(control.member)
        self._turns.begin(control)
        self._registry.add(control.member.leg)
        control.member.leg.start()
        return answer

    async def close_leg(self, leg_id: str) -> None:
        """Close a leg; unknown ids are ignored."""
        control = self._controls.get(leg_id)
        if control is None:
            return
        self._turns.end(control)
        self.part(leg_id)
        member = control.member
        self._registry.remove(member.leg)
        del self._controls[leg_id]
        self._refusals.ended(member)
        member.downlink.close()
        self._sharers.forget(member)
        self._stills.leg_closed(member)
        await member.leg.close()

    def traffic(self, leg_id: str) -> tuple[int, int]:
        """Bytes sent to this leg and received from it since it began, with UDP and IP; zeros for unknown legs."""
        control = self._controls.get(leg_id)
        if control is None:
            return 0, 0
        traffic = control.member.leg.traffic
        return traffic.sent_bytes, traffic.received_bytes

    def set_muted(self, leg_id: str, *, audio: bool, video: bool) -> None:
        """The page has switched its microphone or camera off or on; nothing of a muted one is forwarded."""
        control = self._controls.get(leg_id)
        if control is not None:
            control.choices.switch_off(audio=audio, video=video)

    def set_preferences(self, leg_id: str, preferences: Preferences) -> None:
        """Apply the participant's preferences for this leg at once. Unknown legs are ignored."""
        control = self._controls.get(leg_id)
        if control is None:
            return
        control.choices.prefer(preferences)
        member = control.member
        now_ms = time.monotonic() * 1000
        for each in member.room.members if member.room is not None else [member]:
            self._turns.steer(each, now_ms)

    def sending_reported(
        self, leg_id: str, *, available_bps: int | None, limited_by: str, quantizer: int | None = None
    ) -> None:
        """The page reports the estimate of its uplink and its quantizer. Unknown legs are ignored."""
        control = self._controls.get(leg_id)
        if control is not None:
            control.sending_reported(UplinkReport(available_bps, limited_by, quantizer))

    # Rooms -----------------------------------------------------------------------------------------------

    def join(self, room_id: str, leg_id: str, *, seat: str = "") -> None:
        """Forward media between this leg and all others of the room. Unknown legs are ignored.

        ``seat``: a name that stays the same when another leg replaces this one, so that stills continue on it.

        Raises ValueError when the room is full.
        """
        control = self._controls.get(leg_id)
        if control is None:
            return
        member = control.member
        if member.room is not None and member.room.room_id != room_id:
            self.part(leg_id)
        room = self._rooms.setdefault(room_id, Room(room_id))
        changed = room.join(member)
        member.leg.ingress.in_call(True, time.monotonic())
        self._stills.joined(member, seat)
        self._slots_changed(changed)
        now_ms = time.monotonic() * 1000
        for other in room.members:
            self._controls[other.leg.leg_id].joined(now_ms)
            self._turns.steer(other, now_ms)

    def part(self, leg_id: str) -> None:
        """Stop forwarding to and from this leg, which stays warm. Unknown legs are ignored."""
        control = self._controls.get(leg_id)
        room = control.member.room if control is not None else None
        if control is None or room is None:
            return
        changed = room.part(control.member)
        control.member.leg.ingress.in_call(False, time.monotonic())
        if not room.members:
            self._rooms.pop(room.room_id, None)
        self._slots_changed(changed)
        now_ms = time.monotonic() * 1000
        self._stills.parted(control.member, room.room_id, now_ms, empty=not room.members)
        for other in changed:
            self._turns.steer(other, now_ms)

    def forget_stills(self, room_id: str) -> None:
        """Delete the stills of a room, because its call is over."""
        self._stills.forget(room_id)

    def _slots_changed(self, members: Sequence[Member]) -> None:
        for member in members:
            self._listener.slots_changed(member.leg.leg_id, assignments(member))

    def _leg_state(self, leg: Leg, state: str) -> None:
        self._listener.leg_state_changed(leg.leg_id, state)
        if state == "failed":
            task = asyncio.create_task(self.close_leg(leg.leg_id))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


__all__ = ["MediaEngine", "MediaSettings"]
