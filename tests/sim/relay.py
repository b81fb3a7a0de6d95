"""The relay in virtual time: the engine's own `Uplink`, `Downlink`, `LegControl`, `Room` and `Stills`.

Owns: a leg without sockets, and the periodic work of media/engine/turns.py on a virtual clock. Must never
replace a decision: a call in a test does what media/ does.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from media.core.parameters import RungReport, SendParameters
from media.core.rtp import rtcp
from media.engine.legfactory import START_BPS
from media.engine.relay.control import LegControl
from media.engine.relay.downlink import Downlink
from media.engine.relay.forward import forward
from media.engine.relay.rooms import Member, Room
from media.engine.relay.stills import Stills
from media.engine.relay.uplink import Uplink
from media.engine.rounds import TICK_S
from media.engine.transport.answer import SlotSources
from media.engine.transport.datagrams import WIRE_OVERHEAD_BYTES
from media.engine.transport.offer import Offer
from tests.sim.agenda import Agenda
from tests.sim.page import RTCP_OVERHEAD_BYTES
from tests.sim.pipe import Reliable, Wire

CONSENT_MS = 30_000.0  # RFC 7675
CHECK_MS = 5_000.0  # media/engine/transport/aiortc_private.py
CHECK_BYTES = 130
# About three datagrams fit into SCTP's first window (RFC 9260 section 7.2.1).
SCTP_WINDOW = 3
# DTLS 37, SCTP 28, UDP and IPv4 28.
DATA_OVERHEAD_BYTES = 93


# IPv4 20, UDP 8, DTLS 37, SCTP 28.
UNRELIABLE_OVERHEAD_BYTES = 93


class SimLeg:
    """A leg for the engine, with `send` instead of a socket."""

    def __init__(self, agenda: Agenda, leg_id: str, offer: Offer, send: Callable[[Wire], bool]) -> None:
        self._agenda = agenda
        self._send = send
        self.leg_id = leg_id
        self.offer = offer
        self.refused: Counter[str] = Counter()
        self.heard_at_s = 0.0
        self.data: Reliable | None = None
        self.streams: dict[int, str] = {}  # what each SSRC carries

    @property
    def may_send(self) -> bool:
        return self._agenda.now_ms - self.heard_at_s * 1000 < CONSENT_MS

    @property
    def data_flows(self) -> bool:
        return self.may_send and self.data is not None and len(self.data.unacknowledged) < SCTP_WINDOW

    def send_rtp(self, packet: bytes) -> None:
        if self.may_send:
            what = self.streams.get(int.from_bytes(packet[8:12]), "")
            self._send(Wire("rtp", packet, len(packet) + WIRE_OVERHEAD_BYTES, what))

    def send_rtcp(self, data: bytes) -> None:
        if self.may_send:
            self._send(Wire("rtcp", data, len(data) + RTCP_OVERHEAD_BYTES))

    def send_unreliable(self, data: bytes) -> None:
        if self.may_send:
            self._send(Wire("order", data, len(data) + UNRELIABLE_OVERHEAD_BYTES))

    def send_data(self, data: bytes, buffer_max_bytes: int = 0) -> bool:
        if self.data is None:
            return False
        self.data.send(data, len(data) + DATA_OVERHEAD_BYTES)
        return True


class SimDownlink(Downlink):
    """The engine's downlink, with the pacer's timer on the virtual clock."""

    agenda: Agenda
    wakes_ms = -1.0

    def pump(self, now_ms: float) -> None:
        self.send_due(now_ms)
        due_ms = self.pacer.next_due_ms(now_ms)
        if due_ms is not None and self.wakes_ms <= now_ms:
            self.wakes_ms = max(due_ms, now_ms + 1)
            self.agenda.at(self.wakes_ms, lambda: self.pump(self.agenda.now_ms))


class Seat:
    """One leg of the relay, and its parts."""

    def __init__(
        self,
        agenda: Agenda,
        rng: random.Random,
        leg_id: str,
        offer: Offer,
        send: Callable[[Wire], bool],
        stills: Stills,
    ) -> None:
        self._agenda, self._rng, self._stills, self._send = agenda, rng, stills, send
        numbers = [1 + rng.randrange(0xFFFF_FFFF) for _ in range(3 * len(offer.slots) + 1)]
        sources = [SlotSources(*numbers[3 * index : 3 * index + 3]) for index in range(len(offer.slots))]
        self.leg = SimLeg(agenda, leg_id, offer, send)
        downlink = SimDownlink(self.leg, sources, rng.randrange, START_BPS)
        downlink.agenda = agenda
        for source in sources:
            self.leg.streams |= {
                source.audio_ssrc: "voice",
                source.video_ssrc: "video",
                source.video_rtx_ssrc: "repeat",
            }
        self.member = Member(self.leg, Uplink(self.leg, forward), downlink)
        self.control = LegControl(self.member, feedback_ssrc=numbers[-1])
        self.parameters_changed: Callable[[SendParameters], None] = lambda _: None
        self.parameters = SendParameters()
        self.rungs: RungReport | None = None
        self.others: list[Seat] = []
        stills.leg_opened(self.member)
        agenda.every(TICK_S * 1000, self._tend, rng.uniform(0, TICK_S * 1000))
        agenda.every(CHECK_MS, self._check, 500.0)

    def arrived(self, wire: Wire) -> None:
        """A datagram has arrived from the page."""
        now_ms = self._agenda.now_ms
        self.leg.heard_at_s = now_ms / 1000
        if wire.kind == "rtp":
            self.member.uplink.rtp_arrived(wire.body, now_ms / 1000)
        elif wire.kind == "rtcp":
            self.control.rtcp.arrived(rtcp.parse(wire.body), now_ms)
        elif wire.kind == "probe":
            self.control.uplink_probe.arrived(wire.body, now_ms)
        elif wire.kind == "check":
            self.control.round_trip(now_ms - wire.body, now_ms)

    def _check(self) -> None:
        self._send(Wire("check", self._agenda.now_ms, CHECK_BYTES))

    def _tend(self) -> None:
        now_ms = self._agenda.now_ms
        self.control.tick(now_ms)
        self._stills.tick(self.member, now_ms)
        if not self.control.steering_due(now_ms):
            return
        if self._stills.is_going_down(self.member):
            self._stills.set_pace(self.member, *self.control.stills_down(now_ms), now_ms)
        if self._stills.is_coming_up(self.member):
            self._stills.grant(self.member, *self.control.stills_up(now_ms))
        self.control.switch_redundancy(now_ms)
        self.steer()
        self.control.link_report(now_ms)
        self.rungs = self.control.rung_report(now_ms) or self.rungs

    def steer(self) -> None:
        now_ms = self._agenda.now_ms
        others = self.others if self.member.room is not None else []
        parameters = self.control.steer([other.control.receiver_view(now_ms) for other in others], now_ms)
        if parameters is not None:
            self.parameters = parameters
            self.control.sends_stills = parameters.stills.every_s > 0
            self.parameters_changed(parameters)


def join(seats: list[Seat], stills: Stills, now_ms: float) -> None:
    """Open the gates between these legs, as `MediaEngine.join` does."""
    room = Room("sim")
    for seat in seats:
        seat.others = [other for other in seats if other is not seat]
        room.join(seat.member)
        stills.joined(seat.member, seat.leg.leg_id)
    for seat in seats:
        seat.control.joined(now_ms)
        seat.steer()
