"""A real signaling server on loopback with real WebSocket clients; the media engine is a recorder."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from media.core.parameters import LinkQuality, Preferences, RungReport, SendParameters, SlotAssignment
from media.engine.listener import LegListener
from media.engine.transport.errors import OfferRefused
from server.calls import Consultations, Timing
from server.calls.callmeter import CallUse
from server.calls.store_port import Ended
from server.people.principal import Principal
from server.people.sessions.tickets import Tickets
from server.platform.settings.config import Settings
from server.rosters.expectedwait import UNKNOWN, ExpectedWait
from server.sockets.hub import Hub
from server.sockets.ws import SocketLimits, WebSocketEndpoint
from signaling import messages as wire
from signaling.consultation import ConsultationRecord
from signaling.messages import Role
from signaling.routing import NO_WISHES, OfferWidth, Skills, Wishes
from signaling.states import FINAL
from tests.support.patience import PATIENCE_S

STATION = Principal("st-kayes", Role.STATION, "CSRéf de Kayes", "Kayes")
STATION_2 = Principal("st-mopti", Role.STATION, "CSCom de Mopti", "Mopti")
DOCTOR = Principal("dr-traore", Role.CLINICIAN, "Dr Traoré", "Bamako")
DOCTOR_2 = Principal("dr-keita", Role.CLINICIAN, "Dr Keïta", "Bamako")
REFUSED_OFFER = "refuse me"


class MediaRecorder:
    """A MediaPort that records its calls, and reports what a test gives it."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.rooms: dict[str, str] = {}
        self.seats: dict[str, str] = {}
        self.open: set[str] = set()
        self.listener: LegListener | None = None
        self.traffics: dict[str, tuple[int, int]] = {}
        # A test may hold offers back, so that something happens while a leg is being opened.
        self.gate = asyncio.Event()
        self.gate.set()

    async def open_leg(self, leg_id: str, offer_sdp: str) -> str:
        self.calls.append(("open_leg", leg_id))
        await self.gate.wait()
        if offer_sdp == REFUSED_OFFER:
            raise OfferRefused("offer_without_audio")
        self.open.add(leg_id)
        return f"answer to {leg_id}"

    async def close_leg(self, leg_id: str) -> None:
        self.calls.append(("close_leg", leg_id))
        self.open.discard(leg_id)

    def join(self, room_id: str, leg_id: str, *, seat: str = "") -> None:
        assert leg_id in self.open
        assert leg_id not in self.rooms
        self.calls.append(("join", room_id, leg_id))
        self.seats[leg_id] = seat
        self.rooms[leg_id] = room_id
        self.say_slots(room_id)

    def part(self, leg_id: str) -> None:
        self.calls.append(("part", leg_id))
        room_id = self.rooms.pop(leg_id, None)
        if room_id is not None:
            self.say_slots(room_id)

    def set_muted(self, leg_id: str, *, audio: bool, video: bool) -> None:
        self.calls.append(("set_muted", leg_id, audio, video))

    def sending_reported(
        self, leg_id: str, *, available_bps: int | None, limited_by: str, quantizer: int | None = None
    ) -> None:
        self.calls.append(("sending_reported", leg_id, available_bps, limited_by))

    def traffic(self, leg_id: str) -> tuple[int, int]:
        return self.traffics.get(leg_id, (0, 0))

    @property
    def in_call(self) -> bool:
        return bool(self.rooms)

    def refusals(self) -> dict[str, int]:
        return {}

    def forget_stills(self, room_id: str) -> None:
        self.calls.append(("forget_stills", room_id))

    def set_preferences(self, leg_id: str, preferences: Preferences) -> None:
        self.calls.append(("set_preferences", leg_id, preferences))

    def set_listener(self, listener: LegListener) -> None:
        self.listener = listener

    def say(self, leg_id: str, state: str) -> None:
        assert self.listener is not None
        self.listener.leg_state_changed(leg_id, state)

    def say_slots(self, room_id: str) -> None:
        assert self.listener is not None
        legs = [leg for leg, room in self.rooms.items() if room == room_id]
        for leg in legs:
            others = [other for other in legs if other != leg]
            slots = [SlotAssignment(n, f"a{n}", f"v{n}", other) for n, other in enumerate(others)]
            self.listener.slots_changed(leg, slots)

    def measure(self, leg_id: str, level: int, down_kbps: int | None = None) -> None:
        assert self.listener is not None
        self.listener.link_measured(leg_id, LinkQuality(level=level, rtt_ms=840, down_kbps=down_kbps))

    def stand(self, leg_id: str, report: RungReport) -> None:
        assert self.listener is not None
        self.listener.rungs_changed(leg_id, report)

    def ask(self, leg_id: str, parameters: SendParameters) -> None:
        assert self.listener is not None
        self.listener.send_parameters_changed(leg_id, parameters)


class MemoryStore:
    """A ConsultationStore that can be made slow or broken."""

    def __init__(self) -> None:
        self.records: dict[str, ConsultationRecord] = {}
        self.saved: list[ConsultationRecord] = []
        self.cases: dict[tuple[str, str], tuple[wire.Urgency, Wishes]] = {}
        self.ended: dict[str, Ended] = {}
        self.usual = NO_WISHES
        self.known_skills: dict[str, Skills] = {}
        self.expected_waits: dict[str, ExpectedWait] = {}
        self.escalations: list[tuple[str, OfferWidth]] = []
        self.uses: list[CallUse] = []
        self.duties: dict[str, Principal] = {}
        self.people = {who.participant_id: who for who in (DOCTOR, DOCTOR_2)}
        self.broken = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def save(self, record: ConsultationRecord, by: Principal | None = None) -> None:
        await self.gate.wait()
        if self.broken:
            raise OSError(f"disk full while writing {record.reason}")
        self.records[record.consultation_id] = record
        self.saved.append(record)

    async def load_open(self) -> list[ConsultationRecord]:
        return [r for r in self.records.values() if r.state not in FINAL]

    async def ended_meanwhile(self, record: ConsultationRecord) -> Ended | None:
        return self.ended.get(record.consultation_id)

    async def case(self, case_id: str, station_id: str) -> tuple[wire.Urgency, Wishes] | None:
        return self.cases.get((case_id, station_id))

    async def usual_wishes(self, station_id: str) -> Wishes:
        return self.usual

    async def skills(self, clinician_id: str) -> Skills:
        return self.known_skills.get(clinician_id, Skills())

    async def keep_duty(self, participant_id: str, *, on: bool) -> None:
        if self.broken:
            raise OSError("disk full")
        if on and participant_id in self.people:
            self.duties[participant_id] = self.people[participant_id]
        elif not on:
            self.duties.pop(participant_id, None)

    async def on_duty(self) -> list[Principal]:
        return list(self.duties.values())

    async def expected_wait(self, record: ConsultationRecord) -> ExpectedWait:
        return self.expected_waits.get(record.consultation_id, UNKNOWN)

    async def keep_use(self, use: CallUse) -> None:
        self.uses.append(use)

    async def escalated(self, record: ConsultationRecord, step: OfferWidth) -> None:
        self.escalations.append((record.consultation_id, step))


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


ALLOWED = Settings(allowed_origins=("https://keneya.example",))


class Page:
    """One page that follows PROTOCOL.md: it numbers, acknowledges and keeps the last state."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.seq = 0
        self.seen = 0
        self.token = ""
        self.got: list[Any] = []

    async def send_raw(self, text: str) -> None:
        await self.ws.send_str(text)

    async def say(self, message: Any) -> int:
        """Number and send a message; returns the number."""
        self.seq += 1
        numbered = replace_message(message, seq=self.seq, ack=self.seen)
        await self.ws.send_str(wire.encode(numbered))
        return self.seq

    async def ping(self) -> None:
        """Acknowledge, and wait until the server has handled everything before."""
        await self.ws.send_str(wire.encode(wire.Ping(ack=self.seen)))
        await self.expect(wire.Pong)

    async def receive(self) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            frame = await self.ws.receive()
        if frame.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError(f"socket ended with {frame.type!r} {self.ws.close_code}")
        message: Any = wire.decode_server(frame.data)
        if message.seq:
            assert message.seq > self.seen
            self.seen = message.seq
        self.got.append(message)
        return message

    async def expect(self, kind: type[Any], when: Callable[[Any], bool] = lambda message: True) -> Any:
        """The next message of this kind for which ``when`` holds; earlier ones are kept in ``got``."""
        while True:
            message = await self.receive()
            if isinstance(message, kind) and when(message):
                return message

    async def has(self, kind: type[Any], when: Callable[[Any], bool] = lambda message: True) -> Any:
        """A message of this kind for which ``when`` holds, received already or next."""
        for message in self.got:
            if isinstance(message, kind) and when(message):
                return message
        return await self.expect(kind, when)

    async def closed(self) -> int:
        """Wait for the end of the socket; its close code."""
        with contextlib.suppress(ConnectionError):
            while True:
                await self.receive()
        assert self.ws.close_code is not None
        return self.ws.close_code

    def cut(self) -> None:
        """Cut the link, if it is not cut yet, without a closing handshake."""
        connection = self.ws._response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()

    @property
    def transport(self) -> asyncio.Transport:
        """The TCP connection under the socket."""
        connection = self.ws._response.connection
        assert connection is not None
        assert connection.transport is not None
        return connection.transport


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop run until a condition holds that no message reports."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - the condition has no event
            await asyncio.sleep(0.002)


def replace_message(message: Any, **fields: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(message, **fields)


def is_connected(hub: Hub, participant_id: str) -> bool:
    """Whether a participant has a socket now."""
    session = hub._sessions.get(participant_id)
    return session is not None and session.socket is not None


@dataclass
class Rig:
    """One running server."""

    url: str
    http: aiohttp.ClientSession
    hub: Hub
    desk: Consultations
    media: MediaRecorder
    store: MemoryStore
    tickets: Tickets
    clock: Clock
    pages: list[Page] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return self.url

    async def socket(self, **options: Any) -> Page:
        """A socket that has not said hello."""
        options.setdefault("origin", self.origin)
        ws = await self.http.ws_connect(f"{self.url}/ws", compress=15, autoping=True, **options)
        page = Page(ws)
        self.pages.append(page)
        return page

    async def hello(
        self, principal: Principal, resume: wire.Resume | None = None
    ) -> tuple[Page, wire.Welcome]:
        """A page of this participant, welcomed."""
        page = await self.socket()
        ticket = self.tickets.issue(principal)
        await page.send_raw(
            wire.encode(wire.Hello(protocol=wire.PROTOCOL_VERSION, ticket=ticket, resume=resume))
        )
        welcome = await page.receive()
        assert isinstance(welcome, wire.Welcome), welcome
        page.token = welcome.resume_token
        page.seq = welcome.ack
        if resume is not None and welcome.resumed:
            page.seen = resume.seq
        return page, welcome

    async def resume(self, page: Page, principal: Principal) -> tuple[Page, wire.Welcome]:
        return await self.hello(principal, wire.Resume(token=page.token, seq=page.seen))

    async def lose(self, page: Page, principal: Principal) -> None:
        """Cut the page's socket, and wait until the server has noticed."""
        page.cut()
        await until(lambda: not is_connected(self.hub, principal.participant_id))

    async def leg(self, page: Page) -> str:
        """A connected leg; returns its id."""
        await page.say(wire.LegOffer(sdp="v=0"))
        answer = await page.expect(wire.LegAnswer)
        self.media.say(answer.leg_id, "connected")
        await page.expect(wire.LegState, lambda m: m.state == "connected")
        return str(answer.leg_id)

    async def waiting(
        self, principal: Principal = STATION, urgency: wire.Urgency = wire.Urgency.GREEN
    ) -> tuple[Page, str, str]:
        """A waiting station with a warm leg; returns page, leg and consultation."""
        page, _ = await self.hello(principal)
        leg_id = await self.leg(page)
        await page.say(wire.RequestConsultation(urgency=urgency, reason="fièvre"))
        waiting = await page.expect(wire.Waiting)
        return page, leg_id, waiting.consultation_id

    async def on_duty(self, principal: Principal = DOCTOR) -> tuple[Page, str]:
        """A clinician on duty with a warm leg; returns page and leg."""
        page, _ = await self.hello(principal)
        leg_id = await self.leg(page)
        await page.say(wire.SetDuty(on=True))
        await page.expect(wire.Duty, lambda m: m.on)
        await page.expect(wire.Queue)
        return page, leg_id

    async def call(self) -> Call:
        """A station and a doctor in a call."""
        station, station_leg, consultation_id = await self.waiting()
        doctor, doctor_leg = await self.on_duty()
        await doctor.say(wire.Accept(consultation_id=consultation_id))
        for page in (station, doctor):
            await page.expect(wire.Consultation, lambda m: m.state is wire.ConsultationState.IN_CALL)
        return Call(station, station_leg, doctor, doctor_leg, consultation_id)


@dataclass
class Call:
    station: Page
    station_leg: str
    doctor: Page
    doctor_leg: str
    consultation_id: str


@contextlib.asynccontextmanager
async def running_rig(
    store: MemoryStore | None = None, *, remind_every_s: float = 30.0, limits: SocketLimits | None = None
) -> AsyncIterator[Rig]:
    """A signaling server on a loopback port of its own."""
    clock, media, tickets = Clock(), MediaRecorder(), Tickets()
    store = store or MemoryStore()
    hub = Hub(clock=clock)
    desk = Consultations(store, media, hub, clock=clock, timing=Timing(remind_every_s))
    app = web.Application()
    app.router.add_get(
        "/ws", WebSocketEndpoint(hub, tickets, ALLOWED, limits=limits or SocketLimits()).websocket
    )
    await desk.start()
    await hub.start()
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as http:
        rig = Rig(f"http://127.0.0.1:{port}", http, hub, desk, media, store, tickets, clock)
        try:
            yield rig
        finally:
            for page in rig.pages:
                await page.ws.close()
            await hub.stop()
            await desk.stop()
            await runner.cleanup()


async def state_is(page: Page, state: wire.ConsultationState) -> wire.Consultation:
    """The consultation, once a page is told that it is in this state."""
    found = await page.expect(wire.Consultation, lambda m: m.state is state)
    assert isinstance(found, wire.Consultation)
    return found
