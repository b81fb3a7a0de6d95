"""A leg's member without sockets, for tests of the parts of a leg's control: real streams on a virtual clock."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from media.engine.legfactory import START_BPS
from media.engine.relay.downlink import Downlink
from media.engine.relay.rooms import Member
from media.engine.relay.uplink import Uplink
from media.engine.transport.answer import SlotSources
from media.engine.transport.offer import read_offer
from tests.sim.agenda import Agenda
from tests.sim.pipe import Wire
from tests.sim.relay import SimLeg
from tests.support.leg_client import DELTA_FRAME, KEYFRAME, Client

VOICE_MS, VOICE_BYTES = 20, 40
FRAME_MS, FRAME_BYTES = 60, 400


@dataclass
class QuietLeg:
    """A member, the page's streams that feed it, and every packet sent to the page."""

    client: Client = field(default_factory=lambda: Client(seed=1, slots=1, low=True))
    wires: list[Wire] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.agenda = Agenda()
        leg = SimLeg(self.agenda, "leg", read_offer(self.client.offer), self._keep)
        downlink = Downlink(leg, [SlotSources(11, 12, 13)], random.Random(1).randrange, START_BPS)
        self.member = Member(leg, Uplink(leg, lambda *_packet: None), downlink)

    def _keep(self, wire: Wire) -> bool:
        self.wires.append(wire)
        return True

    def talks(self, from_ms: int, until_ms: int, *, late_ms: float = 0.0, video: bool = False) -> None:
        """The page sends voice, and with ``video`` a picture, that arrive ``late_ms`` late."""
        uplink, client = self.member.uplink, self.client
        for now_ms in range(from_ms, until_ms, VOICE_MS):
            moment_s = (now_ms + late_ms) / 1000
            uplink.rtp_arrived(client.audio.packet(bytes(VOICE_BYTES), moment_s), moment_s)
            client.audio.advance(VOICE_MS / 1000)
            if video and now_ms % FRAME_MS == 0:
                frame = (DELTA_FRAME if client.video.packets else KEYFRAME) + bytes(FRAME_BYTES)
                uplink.rtp_arrived(client.video.packet(frame, moment_s, marker=True), moment_s)
                client.video.advance(FRAME_MS / 1000)
