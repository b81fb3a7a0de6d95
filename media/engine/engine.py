"""The media engine: legs and rooms behind the few calls that the rest of the server may make.

Owns: the shared ports, every leg, every room, and the one clock that ticks for all of them. Must never know
a person, a consultation or a signaling message: ids go in, events come out through the listener.
"""

from __future__ import annotations

import asyncio
import secrets
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog
from aiortc.rtcdtlstransport import RTCCertificate

from media.core.parameters import LinkQuality, Preferences, RungReport, SendParameters, SlotAssignment
from media.core.rtp import Codec, Header, rtcp
from media.engine.copies.downscaler import DownscalerPool, Target
from media.engine.relay.control import LegControl, UplinkReport
from media.engine.relay.downlink import Downlink
from media.engine.relay.inbound import InboundStream
from media.engine.relay.refusals import Refusals
from media.engine.relay.rooms import Member, Room, assignments
from media.engine.relay.stillexchange import Stills
from media.engine.relay.uplink import Uplink
from media.engine.share.layers import TemporalLayers
from media.engine.share.lowercopies import LowerCopies
from media.engine.share.noroom import NoRoom
from media.engine.share.simulcast import Simulcast
from media.engine.transport.answer import SlotSources, Transport, compose_answer
from media.engine.transport.errors import OfferRefused
from media.engine.transport.leg import Leg, LegHooks
from media.engine.transport.offer import read_offer
from media.engine.transport.ports import PortRegistry

log = structlog.get_logger(__name__)

# Feedback that cannot wait (NACK, PLI, transport-wide) is looked for this often: half the packet time of
# the thickest voice.
TICK_S = 0.025
# Legs tended without a pause: about 1 ms of work, which is as long as a packet may have to wait for it.
LEGS_AT_ONCE = 20
# Of these so many are also steered, which takes ten times as long; who is left waits for the next tick. Each leg's
# turn comes with every tenth tick, so two are usual. But legs that a pause has held up together would come together
# ever after: five times 4 ms in a row, four times a second.
STEERED_AT_ONCE = 3
# How long a lower copy that nobody watches may go on.
TIDY_MS = 250.0
# A certificate lives 30 days in aiortc; ours is renewed long before, and a leg keeps the one it started with.
CERTIFICATE_RENEWED_S = 24 * 3600.0
# Before anything was measured: what a warm leg is assumed to take. Enough for voice and the smallest video.
START_BPS = 96_000
LEGS_MAX = 1_000


@dataclass(frozen=True)
class MediaSettings:
    """Where the engine listens and what it tells pages to connect to."""

    port: int = 8081
    hosts: tuple[str, ...] = ("0.0.0.0", "::")  # noqa: S104 - one UDP port for the public
    announced: tuple[str, ...] = ()
    # At most so many processes that make lower copies; by default one core is left to the relay.
    downscalers: int | None = None


class Listener(Protocol):
    """Who hears what becomes of legs. Called on the event loop; must not block."""

    def leg_state_changed(self, leg_id: str, state: str) -> None:
        """W3C RTCPeerConnectionState."""

    def send_parameters_changed(self, leg_id: str, parameters: SendParameters) -> None:
        """What this leg's page shall send from now on."""

    def slots_changed(self, leg_id: str, slots: Sequence[SlotAssignment]) -> None:
        """Whose media is in which receive slot."""

    def link_measured(self, leg_id: str, quality: LinkQuality) -> None:
        """A new judgement of the leg's link."""

    def rungs_changed(self, leg_id: str, report: RungReport) -> None:
        """Where the leg stands on the quality ladder."""

    def stills_wanted(self, leg_id: str, every_s: float, max_bytes: int, width: int) -> None:
        """How often this leg's page shall send a still by itself (0: not), how heavy and how wide in pixels."""


class MediaEngine:
    """See the module's docstring. All calls belong on the event loop that `start` ran on."""

    def __init__(self, settings: MediaSettings) -> None:
        self._settings = settings
        self._registry = PortRegistry()
        self._members: dict[Leg, Member] = {}
        self._controls: dict[Leg, LegControl] = {}
        self._stills = Stills()
        self._periodic: dict[str, tuple[float, int, int]] = {}
        self._legs: dict[str, Leg] = {}
        self._rooms: dict[str, Room] = {}
        self.lower_copies = LowerCopies(
            DownscalerPool(settings.downscalers), lambda: 1 + secrets.randbelow(0xFFFF_FFFF)
        )
        self._layers = TemporalLayers()
        self._simulcast = Simulcast()
        self._no_room = NoRoom()
        self._refusals = Refusals(self._registry)
        self._listener: Listener | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._certificate: RTCCertificate | None = None
        self._certificate_made_s = 0.0

    @property
    def port(self) -> int:
        """The bound UDP port (of use when 0 was asked for)."""
        return self._registry.ports[0].port

    @property
    def refused(self) -> dict[str, int]:
        """How many datagrams were turned away, by reason."""
        return dict(self._registry.guard.refused)

    @property
    def in_call(self) -> bool:
        """Whether anybody is in a room."""
        return bool(self._rooms)

    def refusals(self) -> dict[str, int]:
        """What was turned away since the start, at the door and in legs, by reason."""
        return self._refusals.so_far(self._members.values())

    def set_listener(self, listener: Listener) -> None:
        """Tell `listener` from now on."""
        self._listener = listener

    async def start(self) -> None:
        """Bind the ports and start the clock. Raises OSError when a port cannot be bound."""
        self._registry.open(self._settings.hosts, self._settings.port, self._settings.announced)
        self._ticker = asyncio.create_task(self._tick(), name="media engine")

    async def close(self) -> None:
        """Close every leg and the ports."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        await asyncio.gather(*(self.close_leg(leg_id) for leg_id in list(self._legs)))
        if self._closing:
            await asyncio.gather(*self._closing, return_exceptions=True)
        await self.lower_copies.close()
        self._registry.close()

    async def open_leg(self, leg_id: str, offer_sdp: str) -> str:
        """Accept an offer: the SDP answer. The leg then connects by itself and carries nothing (warm).

        Raises OfferRefused.
        """
        if leg_id in self._legs:
            raise OfferRefused("leg_exists")
        if len(self._legs) >= LEGS_MAX:
            raise OfferRefused("too_many_legs")
        offer = read_offer(offer_sdp)
        hooks = LegHooks(
            data=self._data_arrived,
            state=self._leg_state,
            validated=self._registry.guard.validate,
            round_trip=self._round_trip,
        )
        leg = Leg(leg_id, offer, list(self._registry.ports), self._current_certificate(), hooks)
        await leg.prepare()
        numbers = [1 + secrets.randbelow(0xFFFF_FFFF) for _ in range(3 * len(offer.slots) + 1)]
        sources = [SlotSources(*numbers[3 * index : 3 * index + 3]) for index in range(len(offer.slots))]
        downlink = Downlink(leg, sources, secrets.randbelow, START_BPS)
        member = Member(leg, Uplink(leg, self._forward), downlink)
        self._legs[leg_id] = leg
        self._members[leg] = member
        self._stills.leg_opened(member)
        self._controls[leg] = LegControl(member, feedback_ssrc=numbers[-1])
        leg.deliver_to(member.uplink.rtp_arrived, partial(self._rtcp_arrived, leg))
        self._registry.add(leg)
        transport = Transport(leg.username, leg.password, leg.fingerprint, leg.candidates)
        answer = compose_answer(offer, transport, sources, secrets.randbits(62))
        leg.start()
        return answer

    async def close_leg(self, leg_id: str) -> None:
        """End a leg; unknown ids are ignored."""
        leg = self._legs.pop(leg_id, None)
        if leg is None:
            return
        self.part(leg_id, leg)
        self._registry.remove(leg)
        member = self._members.pop(leg)
        self._refusals.ended(member)
        member.downlink.close()
        self.lower_copies.forget(member)
        self._layers.forget(member)
        self._simulcast.forget(member)
        self._no_room.forget(member)
        self._stills.leg_closed(member)
        self._periodic.pop(leg_id, None)
        del self._controls[leg]
        await leg.close()

    def join(self, room_id: str, leg_id: str, *, seat: str = "") -> None:
        """Open the gates between this leg and all others of the room. Unknown legs are ignored.

        ``seat``: a name that stays when a leg is replaced, so that stills go on over the new one.

        Raises ValueError when the room is full.
        """
        leg = self._legs.get(leg_id)
        if leg is None:
            return
        member = self._members[leg]
        if member.room is not None and member.room.room_id != room_id:
            self.part(leg_id)
        room = self._rooms.setdefault(room_id, Room(room_id))
        changed = room.join(member)
        self._stills.joined(member, seat)
        self._slots_changed(changed)
        now_ms = time.monotonic() * 1000
        for other in room.members:
            self._controls[other.leg].joined(now_ms)
            self._steer(other, now_ms)

    def part(self, leg_id: str, leg: Leg | None = None) -> None:
        """Close the gates of this leg; it stays warm. Unknown legs are ignored."""
        leg = leg or self._legs.get(leg_id)
        member = self._members.get(leg) if leg is not None else None
        if member is None or member.room is None:
            return
        room = member.room
        changed = room.part(member)
        if not room.members:
            self._rooms.pop(room.room_id, None)
        self._slots_changed(changed)
        now_ms = time.monotonic() * 1000
        self._stills.parted(member, room.room_id, now_ms, empty=not room.members)
        for other in changed:
            self._steer(other, now_ms)

    def set_muted(self, leg_id: str, *, audio: bool, video: bool) -> None:
        """The page has switched its microphone or camera off: nothing of it is forwarded, whatever it sends."""
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._controls[leg].choices.switch_off(audio=audio, video=video)

    def set_preferences(self, leg_id: str, preferences: Preferences) -> None:
        """What the participant has chosen for this leg, at once. Unknown legs are ignored."""
        leg = self._legs.get(leg_id)
        if leg is None:
            return
        self._controls[leg].choices.prefer(preferences)
        member = self._members[leg]
        now_ms = time.monotonic() * 1000
        for each in member.room.members if member.room is not None else [member]:
            self._steer(each, now_ms)

    def traffic(self, leg_id: str) -> tuple[int, int]:
        """Bytes sent to this leg and received from it since it began, with UDP and IP; nothing of unknown legs."""
        leg = self._legs.get(leg_id)
        return (leg.traffic.sent_bytes, leg.traffic.received_bytes) if leg is not None else (0, 0)

    def forget_stills(self, room_id: str) -> None:
        """The call of this room is over: no picture of it is kept."""
        self._stills.forget(room_id)

    def set_periodic_stills(self, leg_id: str, *, every_s: float, max_bytes: int, width: int) -> None:
        """This leg's page shall send a still by itself every so often (0: no longer). Unknown legs are ignored."""
        wanted = (every_s, max_bytes, width)
        if leg_id not in self._legs or self._periodic.get(leg_id, (0.0, 0, 0)) == wanted:
            return
        self._periodic[leg_id] = wanted
        self._controls[self._legs[leg_id]].sends_stills = every_s > 0
        if self._listener is not None:
            self._listener.stills_wanted(leg_id, *wanted)

    def sending_reported(
        self, leg_id: str, *, available_bps: int, limited_by: str, quantizer: int | None = None
    ) -> None:
        """What the page tells of its way up and of its encoder. Unknown legs are ignored."""
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._controls[leg].sending_reported(UplinkReport(available_bps, limited_by, quantizer))

    def use_lower_copy(
        self,
        viewer_leg_id: str,
        publisher_leg_id: str,
        on: bool,
        *,
        bitrate_bps: int = 0,
        framerate: float = 0.0,
        height: int = 0,
    ) -> bool:
        """Show one viewer a smaller copy of a publisher's picture, or the original again.

        The copy is shared: it is made to fit the thinnest of those who watch it. False when there is no such
        slot, the viewer has no VP8, or no worker has room.
        """
        viewer, publisher = self._legs.get(viewer_leg_id), self._legs.get(publisher_leg_id)
        if viewer is None or publisher is None:
            return False
        target = Target(height, framerate, bitrate_bps) if on else None
        return self.lower_copies.use(self._members[viewer], self._members[publisher], target)

    # What legs tell ------------------------------------------------------------------------------------

    def _rtcp_arrived(self, leg: Leg, data: bytes, now_s: float) -> None:
        try:
            packets = rtcp.parse(data)
        except rtcp.RtcpError:
            leg.refused["rtcp"] += 1
            return
        self._controls[leg].rtcp.arrived(packets, now_s * 1000)

    @staticmethod
    def _forward(stream: InboundStream, codec: Codec, header: Header, data: bytes, now_ms: float) -> None:
        if stream.muted:
            for out in stream.outputs:
                out.skip(header[3], header[1])
        elif stream.kind == "audio":
            for out in stream.outputs:
                out.forward_audio(codec, header, data, now_ms)
        else:
            for out in stream.outputs:
                out.forward_video(codec, header, data, now_ms)

    def _data_arrived(self, leg: Leg, data: bytes) -> None:
        member = self._members.get(leg)
        if member is None or self._controls[leg].uplink_probe.arrived(data, time.monotonic() * 1000):
            return
        self._stills.arrived(member, data)

    def _round_trip(self, leg: Leg, rtt_ms: float | None) -> None:
        control = self._controls.get(leg)
        if control is not None:
            control.round_trip(rtt_ms, time.monotonic() * 1000)

    def _leg_state(self, leg: Leg, state: str) -> None:
        if self._listener is not None:
            self._listener.leg_state_changed(leg.leg_id, state)
        if state == "failed":
            task = asyncio.create_task(self.close_leg(leg.leg_id))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    # The clock -----------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        next_tidy_ms = 0.0
        next_s = time.monotonic()
        while True:
            legs = list(self._controls)
            shifts = max(1, -(-len(legs) // LEGS_AT_ONCE))
            for shift in range(shifts):
                # What is late is not made up for: two shifts in a row would hold packets up twice as long.
                next_s = max(next_s + TICK_S / shifts, time.monotonic())
                await asyncio.sleep(next_s - time.monotonic())
                self._tend_some(legs[shift::shifts], time.monotonic())
            now_ms = time.monotonic() * 1000
            if now_ms >= next_tidy_ms:
                next_tidy_ms = now_ms + TIDY_MS
                self.lower_copies.tidy(now_ms)

    def _tend_some(self, legs: Sequence[Leg], now_s: float) -> None:
        steered = 0
        for leg in legs:
            control = self._controls.get(leg)
            if control is None:
                continue  # closed since the round began
            try:
                steered += self._tend(leg, control, now_s, may_steer=steered < STEERED_AT_ONCE)
            except Exception as error:
                # A fault of ours in one leg must not end the feedback of all others: give up that leg,
                # its page offers a new one.
                log.error("leg_given_up", leg_id=leg.leg_id, error=type(error).__name__, where=_place(error))
                leg.give_up()

    def _tend(self, leg: Leg, control: LegControl, now_s: float, *, may_steer: bool) -> bool:
        """The periodic work of one leg; whether it was also steered."""
        now_ms = now_s * 1000
        control.tick(now_ms)
        self._stills.tick(control.member, now_ms)
        if not may_steer or not control.steering_due(now_ms):
            return False
        leg.check_silence(now_s)
        self._pace_stills(control, now_ms)
        control.choose_voices()
        control.switch_redundancy(now_ms)
        control.thin_out_feedback(now_ms)
        self._steer(control.member, now_ms)
        quality = control.link_news(now_ms)
        report = control.rung_report(now_ms)
        if self._listener is not None:
            if quality is not None:
                self._listener.link_measured(leg.leg_id, quality)
            if report is not None:
                self._listener.rungs_changed(leg.leg_id, report)
        return True

    def _pace_stills(self, control: LegControl, now_ms: float) -> None:
        member = control.member
        if self._stills.is_going_down(member):
            self._stills.set_pace(member, *control.stills_down(now_ms), now_ms)
        control.still_asked = self._stills.is_asked_coming_up(member)
        if self._stills.is_coming_up(member):
            self._stills.grant(member, *control.stills_up(now_ms))
        self._stills.sweep(now_ms)

    def _steer(self, member: Member, now_ms: float) -> None:
        control = self._controls.get(member.leg)
        if control is None:
            return
        others = member.room.members if member.room is not None else []
        receivers = [
            (other, self._controls[other.leg].receiver_view(now_ms))
            for other in others
            if other is not member
        ]
        receivers = self._no_room.consider(member, receivers, now_ms)
        receivers = self._simulcast.consider(member, receivers, control.uplink_view(now_ms), now_ms)
        views = self.lower_copies.consider(member, receivers, now_ms)
        views = self._layers.consider(member, receivers, views, now_ms)
        parameters = control.steer(views, now_ms, self._layers.mode(member), self._simulcast.low(member))
        if parameters is not None:
            self._simulcast.told(member, parameters.low)
            self.lower_copies.told(member, parameters)
            self._layers.told(member, parameters)
        if parameters is not None and self._listener is not None:
            self._listener.send_parameters_changed(member.leg.leg_id, parameters)
        if parameters is not None:
            stills = parameters.stills
            self.set_periodic_stills(
                member.leg.leg_id, every_s=stills.every_s, max_bytes=stills.max_bytes, width=stills.width
            )

    def _slots_changed(self, members: list[Member]) -> None:
        if self._listener is not None:
            for member in members:
                self._listener.slots_changed(member.leg.leg_id, assignments(member))

    def _current_certificate(self) -> RTCCertificate:
        now_s = time.monotonic()
        if self._certificate is None or now_s - self._certificate_made_s > CERTIFICATE_RENEWED_S:
            self._certificate = RTCCertificate.generateCertificate()
            self._certificate_made_s = now_s
        return self._certificate


def _place(error: BaseException) -> str:
    """File and line of the innermost frame: enough to find a fault, and nothing of anybody's data."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"


__all__ = ["Listener", "MediaEngine", "MediaSettings"]
