"""Attacks on signaling, beside a call that must notice nothing."""

from __future__ import annotations

import asyncio
import secrets
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import aiohttp
import pytest

from server.sockets.ws import SocketLimits
from signaling import messages as wire
from signaling.limits import (
    LEGS_BURST,
    MESSAGE_MAX_BYTES,
    MESSAGES_BURST,
    UNACKED_MAX_BYTES,
    UNACKED_MAX_MESSAGES,
)
from signaling.messages import ConsultationState as S
from tests.support.signaling import (
    DOCTOR,
    STATION,
    STATION_2,
    Call,
    Page,
    Rig,
    is_connected,
    running_rig,
    until,
)

MIB = 1_048_576


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with running_rig() as running:
        yield running


@asynccontextmanager
async def beside_a_call(rig: Rig) -> AsyncIterator[Call]:
    """A call that is on before the attack and must be on after it, on the same sockets and legs."""
    call = await rig.call()
    rooms = dict(rig.media.rooms)
    yield call
    for muted in (True, False):
        await call.station.say(wire.MediaState(audio_muted=muted, video_muted=False))
        while (seen := await call.doctor.expect(wire.Consultation)).participants[0].audio_muted is not muted:
            pass
        assert seen.state is S.IN_CALL
    assert rig.media.rooms == rooms
    assert not [m for page in (call.station, call.doctor) for m in page.got if isinstance(m, wire.Goodbye)]


@contextmanager
def memory_bounded(limit_bytes: int) -> Iterator[None]:
    """Python's own allocations may not peak above the start by more than this."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < limit_bytes


async def send_deflated(page: Page, data: bytes) -> None:
    """One text frame with RSV1 set (RFC 7692) whose payload inflates to ``data``."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    payload = deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
    assert payload.endswith(b"\x00\x00\xff\xff")
    writer = page.ws._writer
    writer._write_websocket_frame(payload[:-4], aiohttp.WSMsgType.TEXT, 0x40)


async def test_a_page_of_another_origin_gets_no_socket(rig: Rig) -> None:
    async with beside_a_call(rig):
        for origin in ("https://evil.example", "http://127.0.0.1:1", "null"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await rig.socket(origin=origin)
            assert refused.value.status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await rig.socket(origin=None)
        assert refused.value.status == 403


async def test_an_inflating_frame_is_stopped_at_64_kib(rig: Rig) -> None:
    async with beside_a_call(rig):
        for size in (MESSAGE_MAX_BYTES + 1, 64 * MIB):
            page, _ = await rig.hello(STATION_2)
            frame = b"[" * size
            # 64 MiB deflate to 64 KiB; the attacker's own memory is not measured.
            deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
            payload = (deflate.compress(frame) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
            del frame
            with memory_bounded(2 * MIB):
                page.ws._writer._write_websocket_frame(payload, aiohttp.WSMsgType.TEXT, 0x40)
                assert await page.closed() == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


async def test_a_frame_that_inflates_to_exactly_the_bound_is_read(rig: Rig) -> None:
    page, _ = await rig.hello(STATION_2)
    await send_deflated(page, b"[" * MESSAGE_MAX_BYTES)
    assert (await page.expect(wire.Error)).code == "malformed_message"
    assert await page.closed() == 4400


async def test_a_large_plain_frame_and_endless_fragments_are_stopped_too(rig: Rig) -> None:
    async with beside_a_call(rig):
        page, _ = await rig.hello(STATION_2)
        page.ws._writer._write_websocket_frame(b"x" * (MESSAGE_MAX_BYTES + 1), aiohttp.WSMsgType.TEXT, 0)
        assert await page.closed() == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        page, _ = await rig.hello(STATION_2)
        transport = page.transport
        # A text frame without FIN, then continuations without FIN, masked with zeros (RFC 6455 section 5.2).
        fragment = b"\x01\xfe\x40\x00" + bytes(4) + b"x" * 0x4000
        more = b"\x00" + fragment[1:]
        with memory_bounded(4 * MIB):
            transport.write(fragment)
            while is_connected(rig.hub, STATION_2.participant_id) and not transport.is_closing():
                transport.write(more)
                await asyncio.sleep(0.001)


async def test_a_flood_of_messages_closes_only_the_flooding_socket(rig: Rig) -> None:
    async with beside_a_call(rig):
        page, _ = await rig.hello(STATION_2)
        ping = wire.encode(wire.Ping())
        with memory_bounded(4 * MIB):
            for _ in range(2_000):
                try:
                    await page.send_raw(ping)
                except ConnectionError:
                    break
            assert await page.closed() == 4429
        answered = [m for m in page.got if isinstance(m, wire.Pong)]
        assert len(answered) <= MESSAGES_BURST
        goodbye = next(m for m in page.got if isinstance(m, wire.Goodbye))
        assert (goodbye.code, goodbye.retry) == ("limit_exceeded", True)


async def test_a_new_socket_does_not_refill_a_bucket_that_a_flood_has_emptied(rig: Rig) -> None:
    page, _ = await rig.hello(STATION_2)
    for _ in range(int(MESSAGES_BURST) + 1):
        await page.send_raw(wire.encode(wire.Ping()))
    assert await page.closed() == 4429
    for again in (rig.hello(STATION_2), rig.resume(page, STATION_2)):
        back, _ = await again
        await back.send_raw(wire.encode(wire.Ping()))
        assert await back.closed() == 4429
    rig.clock.now += 10
    back, _ = await rig.hello(STATION_2)
    await back.ping()


async def test_a_flood_of_offers_opens_few_legs(rig: Rig) -> None:
    async with beside_a_call(rig):
        page, _ = await rig.hello(STATION_2)
        for _ in range(20):
            last = await page.say(wire.LegOffer(sdp="v=0"))
        # A pong may overtake answers that wait to be written; the answers themselves come in order.
        await page.has(object, lambda message: getattr(message, "ref", None) == last)
        opened = [m for m in page.got if isinstance(m, wire.LegAnswer)]
        refused = [m for m in page.got if isinstance(m, wire.Error)]
        assert len(opened) <= LEGS_BURST
        assert {m.code for m in refused} == {"slow_down"}
        assert len(rig.media.open) == 3


async def test_a_flood_of_requests_is_one_consultation(rig: Rig) -> None:
    async with beside_a_call(rig):
        page, _ = await rig.hello(STATION_2)
        for _ in range(20):
            await page.say(wire.RequestConsultation(urgency=wire.Urgency.RED))
        await page.ping()
        assert (await page.has(wire.Error)).code == "slow_down"
        assert len([r for r in rig.store.records.values() if r.station_id == STATION_2.participant_id]) == 1


async def test_sockets_that_never_say_hello_are_closed() -> None:
    async with running_rig(limits=SocketLimits(hello_within_s=0.05)) as rig, beside_a_call(rig):
        page = await rig.socket()
        assert (await page.expect(wire.Goodbye)).code == "hello_timeout"
        assert await page.closed() == 4408


async def test_strangers_cannot_crowd_out_participants() -> None:
    async with (
        running_rig(limits=SocketLimits(max_strangers=5, hello_within_s=0.5)) as rig,
        beside_a_call(rig) as call,
    ):
        silent = [await rig.socket() for _ in range(5)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as full:
            await rig.socket()
        assert full.value.status == 503
        await call.doctor.ping()
        for page in silent:
            await page.closed()
        await (await rig.hello(STATION_2))[0].ping()


async def test_the_number_of_sockets_is_bounded() -> None:
    async with running_rig(limits=SocketLimits(max_connections=3)) as rig, beside_a_call(rig):
        page, _ = await rig.hello(STATION_2)
        with pytest.raises(aiohttp.WSServerHandshakeError) as full:
            await rig.socket()
        assert full.value.status == 503
        await page.ws.close()
        await until(lambda: not is_connected(rig.hub, STATION_2.participant_id))
        await (await rig.hello(STATION_2))[0].ping()


@pytest.mark.parametrize("hello_first", [False, True])
async def test_binary_frames_are_malformed(rig: Rig, hello_first: bool) -> None:
    async with beside_a_call(rig):
        page = (await rig.hello(STATION_2))[0] if hello_first else await rig.socket()
        await page.ws.send_bytes(b"\x00" * 100)
        assert (await page.expect(wire.Goodbye)).code == "malformed_message"
        assert await page.closed() == 4400


@pytest.mark.parametrize(
    "text", ["", "{", '{"type":"ping"}', '{"type":"hello","protocol":1}', "[" * 60_000, "\x00"]
)
async def test_anything_but_a_hello_first_is_turned_away(rig: Rig, text: str) -> None:
    page = await rig.socket()
    await page.send_raw(text)
    assert (await page.expect(wire.Goodbye)).code in ("malformed_message", "unexpected_message")
    assert await page.closed() == 4400


async def test_a_ticket_works_once(rig: Rig) -> None:
    async with beside_a_call(rig):
        ticket = rig.tickets.issue(STATION_2)
        hello = wire.encode(wire.Hello(protocol=1, ticket=ticket))
        first = await rig.socket()
        await first.send_raw(hello)
        await first.expect(wire.Welcome)
        second = await rig.socket()
        await second.send_raw(hello)
        assert (await second.expect(wire.Goodbye)).code == "ticket_refused"
        assert await second.closed() == 4401
        await first.ping()


async def test_the_resume_token_of_another_participant_opens_nothing(rig: Rig) -> None:
    async with beside_a_call(rig) as call:
        stolen = wire.Resume(token=call.doctor.token, seq=call.doctor.seen)
        thief, welcome = await rig.hello(STATION_2, stolen)
        assert not welcome.resumed
        assert welcome.participant_id == STATION_2.participant_id
        await thief.ping()
        assert not [m for m in thief.got if isinstance(m, wire.Consultation | wire.Queue)]
        assert is_connected(rig.hub, DOCTOR.participant_id)


async def test_an_acknowledgement_of_an_unsent_message_is_a_fault(rig: Rig) -> None:
    async with beside_a_call(rig):
        page, _ = await rig.hello(STATION_2)
        await page.send_raw(wire.encode(wire.Ping(ack=10_000)))
        assert (await page.expect(wire.Goodbye)).code == "unexpected_message"


async def test_a_page_that_does_not_read_is_cut_and_the_memory_is_bounded(rig: Rig) -> None:
    async with beside_a_call(rig):
        page, _ = await rig.hello(STATION_2)
        page.transport.pause_reading()
        with memory_bounded(8 * MIB):
            # Random text, so that compression does not swallow it; the kernel's buffers take some MiB first.
            while is_connected(rig.hub, STATION_2.participant_id):
                rig.hub.post(STATION_2.participant_id, wire.Error(code=secrets.token_hex(4_000)))
                await asyncio.sleep(0)
            for _ in range(UNACKED_MAX_MESSAGES * 2):
                rig.hub.post(STATION_2.participant_id, wire.Error(code=secrets.token_hex(4_000)))
        page.cut()
        log = rig.hub._sessions[STATION_2.participant_id].log
        count, size = log.backlog(0)
        assert count <= UNACKED_MAX_MESSAGES
        assert size <= UNACKED_MAX_BYTES


async def test_a_page_that_asks_without_reading_is_cut(rig: Rig) -> None:
    async with beside_a_call(rig):
        page, _ = await rig.hello(STATION_2)
        assert is_connected(rig.hub, STATION_2.participant_id)
        page.transport.pause_reading()
        filler = secrets.token_hex(4_000)
        session = rig.hub._sessions[STATION_2.participant_id]
        while is_connected(rig.hub, STATION_2.participant_id):
            rig.clock.now += 1  # so that the rate limit lets everything through
            assert session.socket is not None
            rig.hub.post(STATION_2.participant_id, wire.Error(code=filler + secrets.token_hex(4_000)))
            try:
                await page.send_raw(wire.encode(wire.Ping(ack=session.log.sent)))
            except ConnectionError:
                break
            await asyncio.sleep(0)
        await until(lambda: not is_connected(rig.hub, STATION_2.participant_id))
        page.cut()


async def test_the_attacked_participant_may_come_back(rig: Rig) -> None:
    page, _ = await rig.hello(STATION)
    await page.send_raw("garbage")
    assert await page.closed() == 4400
    _, welcome = await rig.resume(page, STATION)
    assert welcome.resumed
