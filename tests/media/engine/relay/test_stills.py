"""Stills through a running engine: pages with the real frames on a channel without SCTP (browser tests have it)."""

from __future__ import annotations

import asyncio
import random
import time
import zlib

from media.core.parameters import StillsSend
from media.core.stills import (
    NO_SLOT,
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
    StillKind,
    StillMime,
    StillReceiver,
    StillSender,
    build,
    parse,
)
from tests.support.leg_client import Relay, relay, until

# Fast enough for a test, slow enough that a leg can be lost in the middle of 8 kB.
PACE_BPS = 40_000


def still(size_bytes: int = 3_000, kind: StillKind = StillKind.ASKED, seed: int = 1) -> Still:
    data = random.Random(seed).randbytes(size_bytes)
    offer = Offer(seed, size_bytes, zlib.crc32(data), 640, 480, kind, StillMime.WEBP)
    return Still(offer, bytearray(data), whole=True)


class Page:
    """A page of ours on a leg of the engine: takes the place of the leg's channel."""

    readyState = "open"  # noqa: N815 - W3C's name
    bufferedAmount = 0  # noqa: N815

    def __init__(self, running: Relay, leg_id: str, receiver: StillReceiver | None = None) -> None:
        self.leg = running.leg(leg_id)
        self.leg.data._reliable = self  # type: ignore[assignment]
        self.receiver = receiver or StillReceiver()
        self.sender = StillSender()
        self.frames: list[Frame] = []
        self.whole: list[bytes] = []
        self.deaf = False

    def hello(self, *going: int) -> None:
        self.say(Hello(going))

    def say(self, frame: Frame) -> None:
        self.leg.data._arrived(build(frame))

    def send_still(self, one: Still) -> None:
        for frame in self.sender.offer(one, one.offer.still_id, NO_SLOT):
            self.say(frame)

    def pump(self) -> None:
        """What the page's own timer does."""
        for chunk in self.sender.take(time.monotonic() * 1000):
            self.say(chunk)

    def send(self, data: bytes) -> None:
        frame = parse(data)
        self.frames.append(frame)
        if not self.deaf:
            asyncio.get_running_loop().call_soon(self._answer, frame)

    def _answer(self, frame: Frame) -> None:
        match frame:
            case Offer():
                for answer in self.receiver.offered(frame):
                    self.say(answer)
            case Chunk():
                coming = self.receiver.coming.get(frame.still_id)
                for answer in self.receiver.arrived(frame):
                    self.say(answer)
                    if isinstance(answer, Done) and coming is not None:
                        self.whole.append(bytes(coming.data))
            case Have():
                self.sender.have(frame)
            case Done():
                self.sender.remove(frame.still_id)
            case Cancel():
                self.sender.remove(frame.still_id)
                self.receiver.remove(frame.still_id)
            case Grant():
                self.sender.set_pace(PACE_BPS, frame.chunk_bytes, time.monotonic() * 1000)
            case _:
                raise AssertionError("only pages say this")

    def seen(self, kind: type[Frame]) -> list[Frame]:
        return [frame for frame in self.frames if isinstance(frame, kind)]


async def call(running: Relay, *names: str) -> list[Page]:
    """Pages that have said hello, each on a seat of its own name, in one room."""
    pages = []
    for name in names:
        pages.append(await seat(running, name, name))
    return pages


async def seat(running: Relay, leg_id: str, name: str, receiver: StillReceiver | None = None) -> Page:
    await running.connect(leg_id)
    page = Page(running, leg_id, receiver)
    running.engine.join("room", leg_id, seat=name)
    page.hello()
    return page


async def pumped(page: Page, condition: object) -> None:
    assert callable(condition)

    def turn() -> object:
        page.pump()
        return condition()

    await until(turn)


async def test_a_still_reaches_everybody_else_whole_and_names_its_slot() -> None:
    async with relay() as running:
        station, doctor, mediator = await call(running, "station", "doctor", "mediator")
        one = still()
        station.send_still(one)
        await pumped(station, lambda: doctor.whole and mediator.whole)
        assert doctor.whole == mediator.whole == [bytes(one.data)]
        offer = doctor.seen(Offer)[0]
        assert isinstance(offer, Offer)
        assert running.heard.sources("doctor")[offer.slot] == "station"
        assert offer.still_id >= SERVER_IDS
        assert station.seen(Done) == [Done(1)]
        await until(lambda: not running.engine._stills._rooms["room"].shared)  # nothing is kept


async def test_a_page_gets_its_pace_before_it_sends_a_byte() -> None:
    async with relay() as running:
        station, _ = await call(running, "station", "doctor")
        station.send_still(still())
        await until(lambda: station.seen(Grant))
        grant = station.seen(Grant)[0]
        assert isinstance(grant, Grant)
        assert 2_000 <= grant.rate_bps <= 20_000  # gently at first: voice is on this link


async def test_a_page_that_has_not_said_hello_is_left_alone() -> None:
    async with relay() as running:
        (station,) = await call(running, "station")
        await running.connect("doctor")
        old_page = Page(running, "doctor")
        running.engine.join("room", "doctor", seat="doctor")
        station.send_still(still())
        await pumped(station, lambda: station.seen(Done))
        assert old_page.frames == []


async def test_a_receivers_new_leg_gets_the_rest_and_only_the_rest() -> None:
    async with relay() as running:
        station, doctor = await call(running, "station", "doctor")
        one = still(8_000)
        station.send_still(one)
        await pumped(station, lambda: len(doctor.seen(Chunk)) >= 3)
        kept = doctor.receiver
        first_bytes = len(next(iter(kept.coming.values())).data)
        await running.engine.close_leg("doctor")
        again = await seat(running, "doctor 2", "doctor", kept)
        await pumped(station, lambda: again.whole)
        assert again.whole == [bytes(one.data)]
        chunks = [frame for frame in again.frames if isinstance(frame, Chunk)]
        assert chunks[0].offset >= first_bytes > 0


async def test_a_senders_new_leg_goes_on_where_the_old_one_stopped() -> None:
    async with relay() as running:
        station, doctor = await call(running, "station", "doctor")
        one = still(8_000)
        station.send_still(one)
        await pumped(station, lambda: doctor.seen(Chunk))
        await running.engine.close_leg("station")
        await running.connect("station 2")
        again = Page(running, "station 2")
        running.engine.join("room", "station 2", seat="station")
        again.hello(one.offer.still_id)
        again.send_still(one)
        await pumped(again, lambda: doctor.whole)
        assert doctor.whole == [bytes(one.data)]
        resumed = again.seen(Have)[0]
        assert isinstance(resumed, Have)
        assert resumed.offset > 0
        assert len(doctor.seen(Offer)) == 1


async def test_a_reloaded_sender_takes_its_half_sent_still_back() -> None:
    async with relay() as running:
        station, doctor = await call(running, "station", "doctor")
        station.send_still(still(8_000))
        await pumped(station, lambda: doctor.seen(Chunk))
        await running.engine.close_leg("station")
        await seat(running, "station 2", "station")
        await until(lambda: doctor.seen(Cancel))
        assert running.engine._stills._rooms["room"].shared == []
        assert doctor.whole == []


async def test_a_cancel_by_the_sender_reaches_the_receiver() -> None:
    async with relay() as running:
        station, doctor = await call(running, "station", "doctor")
        station.send_still(still(8_000))
        await pumped(station, lambda: doctor.seen(Chunk))
        station.say(Cancel(1))
        await until(lambda: doctor.seen(Cancel) and not doctor.receiver.coming)


async def test_nothing_goes_to_another_room_nor_from_a_warm_leg() -> None:
    async with relay() as running:
        station, doctor = await call(running, "station", "doctor")
        await running.connect("stranger")
        stranger = Page(running, "stranger")
        running.engine.join("other room", "stranger", seat="stranger")
        stranger.hello()
        await running.connect("warm")
        warm = Page(running, "warm")
        warm.hello()
        warm.send_still(still(seed=9))
        await until(lambda: warm.seen(Cancel))
        station.send_still(still())
        await pumped(station, lambda: doctor.whole)
        assert stranger.frames == []


async def test_the_end_of_a_call_forgets_its_stills() -> None:
    async with relay() as running:
        station, doctor = await call(running, "station", "doctor")
        doctor.deaf = True
        station.send_still(still())
        await pumped(station, lambda: station.seen(Done))
        assert running.engine._stills._rooms["room"].shared
        running.engine.forget_stills("room")
        assert doctor.seen(Cancel)
        assert "room" not in running.engine._stills._rooms


async def test_an_empty_room_is_kept_for_a_while_and_then_forgotten() -> None:
    async with relay() as running:
        station, doctor = await call(running, "station", "doctor")
        doctor.deaf = True
        station.send_still(still())
        await pumped(station, lambda: station.seen(Done))
        running.engine.part("station")
        running.engine.part("doctor")
        now_ms = time.monotonic() * 1000
        running.engine._stills.sweep(now_ms)
        assert running.engine._stills._rooms["room"].shared
        running.engine._stills.sweep(now_ms + 121_000)
        assert running.engine._stills._rooms == {}


async def test_one_page_cannot_make_a_room_hold_ever_more() -> None:
    async with relay() as running:
        station, doctor = await call(running, "station", "doctor")
        doctor.deaf = True
        for number in range(1, 40):
            station.send_still(still(400, seed=number))
            await pumped(station, lambda number=number: Done(number) in station.frames)
        assert len(running.engine._stills._rooms["room"].shared) <= 12


async def test_junk_and_lies_on_the_channel_are_counted_and_do_no_harm() -> None:
    async with relay() as running:
        station, doctor = await call(running, "station", "doctor")
        for junk in (
            b"",
            b"\xff" * 40,
            build(Grant(1_000, 500)),
            build(Offer(SERVER_IDS, 9, 9, 9, 9, *KINDS)),
        ):
            station.leg.data._arrived(junk)
        assert station.leg.refused["still"] == 4
        station.say(Have(SERVER_IDS | 1, 600_000))
        station.send_still(still())
        await pumped(station, lambda: doctor.whole)


KINDS = (StillKind.ASKED, StillMime.WEBP)


async def test_periodic_stills_are_asked_for_once_and_never_of_a_leg_that_is_gone() -> None:
    async with relay() as running:
        await call(running, "station")
        turns, control = running.engine._turns, running.control("station")
        for _ in range(2):
            turns.ask_for_stills(control, StillsSend(5.0, 5_000, 320))
        assert running.heard.stills == {"station": (5.0, 5_000, 320)}
        turns.ask_for_stills(control, StillsSend())
        assert running.heard.stills == {"station": (0.0, 0, 0)}
        await running.engine.close_leg("station")
        turns.ask_for_stills(control, StillsSend(5.0, 5_000, 320))
        assert running.heard.stills == {"station": (0.0, 0, 0)}
