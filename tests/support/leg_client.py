"""A running media engine and synthetic legs on loopback, for tests of the engine from outside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from benchmarks.peers.streams import SlotStream
from benchmarks.peers.synthetic import SyntheticLeg
from media.core.parameters import LinkQuality, RungReport, SendParameters, SlotAssignment
from media.engine.engine import MediaEngine, MediaSettings
from media.engine.relay.control import LegControl
from media.engine.relay.rooms import Member
from media.engine.transport.leg import Leg
from tests.support.patience import PATIENCE_S

# VP8 payload descriptor with S = 1, then the first byte of a key or delta frame (RFC 7741 section 4.2, 4.3).
KEYFRAME = b"\x10\x00"
DELTA_FRAME = b"\x10\x01"


async def until(condition: Callable[[], object]) -> None:
    """Wait until `condition` holds; TimeoutError when it never does."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            began_s = time.perf_counter()
            if condition():
                return
            # A condition that takes long (decoding all pictures) is checked less often.
            await asyncio.sleep(max(0.005, 4 * (time.perf_counter() - began_s)))


class Packet(NamedTuple):
    """One packet as a synthetic leg received it."""

    slot: int
    kind: str
    payload_type: int
    sequence_number: int
    timestamp: int
    payload: bytes
    resent: bool


class Client(SyntheticLeg):
    """A synthetic leg that keeps what it receives."""

    def __init__(
        self, *, slots: int = 3, twcc: bool = True, seed: int | None = None, low: bool = False
    ) -> None:
        super().__init__(slots=slots, twcc=twcc, seed=seed, on_packet=self._keep, low=low)
        self.packets: list[Packet] = []
        self.keyframes_wanted = 0
        self.on_keyframe_wanted = self._count_keyframe

    def _keep(
        self, stream: SlotStream, second: int, number: int, timestamp: int, payload: bytes, resent: bool
    ) -> None:
        self.packets.append(
            Packet(stream.slot, stream.kind, second & 0x7F, number, timestamp, payload, resent)
        )

    def _count_keyframe(self) -> None:
        self.keyframes_wanted += 1

    def payloads(self, kind: str, slot: int | None = None) -> list[bytes]:
        """The payloads of one kind, in order of arrival; of one slot, or of all."""
        return [one.payload for one in self.packets if one.kind == kind and slot in (None, one.slot)]

    def numbers(self, kind: str, slot: int = 0) -> list[int]:
        """Sequence numbers of the packets of one slot, in order of arrival."""
        return [one.sequence_number for one in self.packets if (one.kind, one.slot) == (kind, slot)]


class Heard:
    """A listener that keeps everything."""

    def __init__(self) -> None:
        self.states: list[tuple[str, str]] = []
        self.slots: dict[str, list[SlotAssignment]] = {}
        self.parameters: dict[str, SendParameters] = {}
        self.links: dict[str, LinkQuality] = {}
        self.stills: dict[str, tuple[float, int, int]] = {}
        self.rungs: dict[str, RungReport] = {}

    def leg_state_changed(self, leg_id: str, state: str) -> None:
        self.states.append((leg_id, state))

    def send_parameters_changed(self, leg_id: str, parameters: SendParameters) -> None:
        self.parameters[leg_id] = parameters

    def slots_changed(self, leg_id: str, slots: Sequence[SlotAssignment]) -> None:
        self.slots[leg_id] = list(slots)

    def link_measured(self, leg_id: str, quality: LinkQuality) -> None:
        self.links[leg_id] = quality

    def rungs_changed(self, leg_id: str, report: RungReport) -> None:
        self.rungs[leg_id] = report

    def stills_wanted(self, leg_id: str, every_s: float, max_bytes: int, width: int) -> None:
        self.stills[leg_id] = (every_s, max_bytes, width)

    def states_of(self, leg_id: str) -> list[str]:
        """The states of a leg, in order."""
        return [state for name, state in self.states if name == leg_id]

    def sources(self, leg_id: str) -> list[str | None]:
        """Whose media is in each slot of a leg."""
        return [slot.source_leg_id for slot in self.slots[leg_id]]


class Relay:
    """An engine on loopback with its listener, and the legs that tests have connected to it."""

    def __init__(self, engine: MediaEngine) -> None:
        self.engine = engine
        self.heard = Heard()
        self.clients: list[Client] = []
        engine.set_listener(self.heard)

    async def connect(self, leg_id: str, client: Client | None = None, *, ipv6: bool = False) -> Client:
        """A client whose leg is connected on both sides."""
        client = client or Client()
        self.clients.append(client)
        answer = await self.engine.open_leg(leg_id, client.offer)
        await client.connect(answer, ipv6=ipv6, timeout_s=PATIENCE_S)
        await until(lambda: self.leg(leg_id).state == "connected")
        return client

    async def call(self, *leg_ids: str, room: str = "room") -> list[Client]:
        """Clients of all these legs in one room."""
        clients = [await self.connect(leg_id) for leg_id in leg_ids]
        for leg_id in leg_ids:
            self.engine.join(room, leg_id)
        return clients

    def leg(self, leg_id: str) -> Leg:
        """The server's side of a leg."""
        return self.member(leg_id).leg

    def member(self, leg_id: str) -> Member:
        """The leg with its two directions."""
        return self.control(leg_id).member

    def control(self, leg_id: str) -> LegControl:
        """The leg's periodic work."""
        return self.engine._controls[leg_id]

    @property
    def address(self) -> tuple[str, int]:
        """Where the engine listens on IPv4."""
        return "127.0.0.1", self.engine.port


@asynccontextmanager
async def relay(*hosts: str) -> AsyncIterator[Relay]:
    """A running engine; every client and the engine are closed at the end."""
    engine = MediaEngine(MediaSettings(port=0, hosts=hosts or ("127.0.0.1",)))
    await engine.start()
    running = Relay(engine)
    try:
        yield running
    finally:
        for client in running.clients:
            client.close(notify=False)
        await engine.close()


async def voice_passes(sender: Client, receiver: Client, packets: int = 5) -> None:
    """Fresh voice packets of `sender` reach `receiver`, each one unchanged."""
    mark = len(receiver.packets)
    sent = [b"voice %d of %d" % (number, id(sender)) for number in range(packets)]
    for payload in sent:
        sender.send_audio(payload)
        await asyncio.sleep(0.001)

    def arrived() -> bool:
        got = [one.payload for one in receiver.packets[mark:] if one.kind == "audio"]
        return all(any(one.endswith(payload) for one in got) for payload in sent)

    await until(arrived)


async def video_passes(sender: Client, receiver: Client, frames: int = 3) -> None:
    """A fresh keyframe of `sender` and what follows it reach `receiver`, each packet unchanged."""
    mark = len(receiver.packets)
    sent = [
        (DELTA_FRAME if number else KEYFRAME) + b"picture %d of %d" % (number, id(sender))
        for number in range(frames)
    ]
    for payload in sent:
        sender.send_video(payload)
        await asyncio.sleep(0.001)
    await until(lambda: set(sent) <= {one.payload for one in receiver.packets[mark:]})
