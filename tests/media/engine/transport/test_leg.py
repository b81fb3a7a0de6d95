"""The life of one leg: connecting, silence, the end, and that nothing of a leg stays behind."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from benchmarks.peers.dtls import DtlsError
from media.engine.engine import MediaEngine, MediaSettings
from media.engine.transport.aiortc_private import CONSENT_PENDING_MAX, LegConnection
from media.engine.transport.leg import Leg
from tests.support.leg_client import Client, relay, until, voice_passes

OPENED_AND_CLOSED = 200


async def test_a_leg_connects_and_says_so() -> None:
    async with relay() as running:
        await running.connect("station")
        assert running.heard.states_of("station") == ["connecting", "connected"]


async def test_closing_tells_the_peer_and_the_listener() -> None:
    async with relay() as running:
        client = await running.connect("station")
        await running.engine.close_leg("station")
        await until(lambda: client.heard["closed"])
        assert running.heard.states_of("station")[-1] == "closed"


async def test_a_peer_that_says_goodbye_ends_its_leg() -> None:
    async with relay() as running:
        client = await running.connect("station")
        client.close()
        await until(lambda: running.heard.states_of("station")[-1] == "closed")
        assert running.heard.states_of("station")[-2:] == ["failed", "closed"]


async def test_a_peer_with_another_certificate_than_offered_is_not_let_in() -> None:
    async with relay() as running:
        client = Client()
        running.clients.append(client)
        forged = client.offer.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:", 1)
        forged = forged.replace("00:" + client.offer.split("sha-256 ")[1][:2], "00", 1)
        assert len(forged) == len(client.offer)
        await client.connect(await running.engine.open_leg("station", forged))
        await until(lambda: "failed" in running.heard.states_of("station"))
        assert "connected" not in running.heard.states_of("station")


async def test_a_client_notices_another_certificate_than_answered() -> None:
    async with relay() as running:
        client = Client()
        running.clients.append(client)
        answer = await running.engine.open_leg("station", client.offer)
        start = answer.index("sha-256 ") + len("sha-256 ")
        forged = answer.replace(answer[start : start + 95], ":".join(["00"] * 32))
        with pytest.raises((DtlsError, TimeoutError)):
            await client.connect(forged, timeout_s=2.0)


async def test_a_leg_to_which_nobody_connects_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.engine.transport.leg.CONNECT_TIMEOUT_S", 0.05)
    async with relay() as running:
        await running.engine.open_leg("station", Client().offer)
        await until(lambda: running.heard.states_of("station") == ["connecting", "failed", "closed"])


async def test_silence_disconnects_and_a_sign_of_life_connects_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.engine.transport.leg.SILENCE_DISCONNECTED_S", 0.3)
    monkeypatch.setattr("media.engine.transport.aiortc_private.CONSENT_INTERVAL_S", 3600.0)
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        station._close_socket()
        await until(lambda: running.heard.states_of("station")[-1] == "disconnected")
        await station.move()
        await until(lambda: running.heard.states_of("station")[-1] == "connected")
        await voice_passes(station, doctor)


async def test_long_silence_ends_the_leg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.engine.transport.leg.SILENCE_DISCONNECTED_S", 0.05)
    monkeypatch.setattr("media.engine.transport.leg.SILENCE_CLOSES_S", 0.2)
    async with relay() as running:
        client = await running.connect("station")
        client.close(notify=False)
        await until(lambda: running.heard.states_of("station")[-1] == "closed")
        assert running.heard.states_of("station")[-3:] == ["disconnected", "failed", "closed"]


async def test_no_feedback_leaves_without_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    async with relay() as running:
        await running.connect("station")
        leg = running.leg("station")
        assert leg.may_send
        monkeypatch.setattr("media.engine.transport.aiortc_private.CONSENT_EXPIRY_S", 0.0)
        assert not leg.may_send


async def test_no_media_leaves_without_consent_and_it_comes_back_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await voice_passes(station, doctor)
        monkeypatch.setattr("media.engine.transport.aiortc_private.CONSENT_EXPIRY_S", 0.0)
        await until(lambda: not running.leg("doctor").srtp.consents)
        mark = len(doctor.packets)
        sent = running.member("doctor").downlink.sent_packets
        station.send_audio(b"to one who does not want it")
        await until(lambda: running.member("doctor").downlink.sent_packets > sent)
        monkeypatch.undo()
        await until(lambda: running.leg("doctor").srtp.consents)
        await voice_passes(station, doctor)
        assert not any(b"does not want" in one.payload[:40] for one in doctor.packets[mark:])


async def test_a_message_left_over_from_a_closed_leg_is_dropped() -> None:
    async with relay() as running:
        await running.connect("station")
        leg = running.leg("station")
        await running.engine.close_leg("station")
        leg.data._arrived(b"late")
        assert running.heard.states_of("station")[-1] == "closed"


async def test_consent_is_renewed_by_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.engine.transport.aiortc_private.FIRST_CONSENT_S", 0.0)
    monkeypatch.setattr("media.engine.transport.aiortc_private.CONSENT_INTERVAL_S", 0.05)
    async with relay() as running:
        await running.connect("station")
        connection = running.leg("station").connection
        assert isinstance(connection, LegConnection)
        first = connection._consent_at_s
        await until(lambda: connection._consent_at_s > first)
        assert not connection._consent_pending or len(connection._consent_pending) == 1


async def test_unanswered_consent_checks_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.engine.transport.aiortc_private.FIRST_CONSENT_S", 0.0)
    monkeypatch.setattr("media.engine.transport.aiortc_private.CONSENT_INTERVAL_S", 0.005)
    async with relay() as running:
        client = await running.connect("station")
        connection = running.leg("station").connection
        client.close(notify=False)
        await until(lambda: len(connection._consent_pending) == CONSENT_PENDING_MAX)
        (port,) = running.engine._registry.ports
        last = list(connection._consent_pending)[-1]
        await until(lambda: last not in connection._consent_pending)
        assert len(connection._consent_pending) == len(port._transactions) == CONSENT_PENDING_MAX


async def test_a_peer_that_does_not_answer_is_asked_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.engine.transport.aiortc_private.FIRST_CONSENT_S", 0.0)
    monkeypatch.setattr("media.engine.transport.aiortc_private.CONSENT_INTERVAL_S", 3_600.0)
    monkeypatch.setattr("media.engine.transport.aiortc_private.AWAY_AFTER_S", 0.0)
    monkeypatch.setattr("media.engine.transport.aiortc_private.AWAY_INTERVAL_S", 0.005)
    async with relay() as running:
        client = await running.connect("station")
        connection = running.leg("station").connection
        client.close(notify=False)
        await until(lambda: len(connection._consent_pending) == CONSENT_PENDING_MAX)


async def test_srtp_before_the_handshake_is_counted_and_dropped() -> None:
    async with relay() as running:
        client = Client()
        running.clients.append(client)
        client.take_answer(await running.engine.open_leg("station", client.offer))
        await client.run_ice()
        client.send_raw(b"\x80\x6f" + bytes(50))
        await until(lambda: running.leg("station").refused["srtp_early"] == 1)
        await client.run_dtls()
        await until(lambda: running.leg("station").state == "connected")


async def test_closing_twice_and_while_connecting_is_safe() -> None:
    async with relay() as running:
        client = Client()
        running.clients.append(client)
        client.take_answer(await running.engine.open_leg("station", client.offer))
        leg = running.leg("station")
        client.send_raw(client.ice.check())
        await asyncio.sleep(0.01)
        await asyncio.gather(running.engine.close_leg("station"), leg.close())
        await leg.close()
        assert running.heard.states_of("station")[-1] == "closed"


async def test_no_leg_stays_alive_after_it_was_closed() -> None:
    legs: list[weakref.ref[Leg]] = []
    async with relay() as running:
        station = await running.connect("station")
        running.engine.join("room", "station")
        for number in range(OPENED_AND_CLOSED):
            name = f"leg{number}"
            # A few connect and talk; the rest are given up, as by a page that is reloaded over and over.
            if number % 10 == 0:
                client = await running.connect(name)
                running.engine.join("room", name)
                await voice_passes(client, station, packets=1)
                client.close(notify=False)
            else:
                await running.engine.open_leg(name, Client().offer)
            legs.append(weakref.ref(running.leg(name)))
            await running.engine.close_leg(name)

        def all_gone() -> bool:
            gc.collect()
            return all(one() is None for one in legs)

        # Cancelled tasks and timers hold theirs for some turns of the loop.
        await until(all_gone)
        registry = running.engine._registry
        assert list(registry.legs_by_username.values()) == [running.leg("station")]
        assert running.member("station").uplink.audio.outputs == []
        assert [port._transactions for port in registry.ports] == [{}]


async def test_closing_the_engine_ends_every_task() -> None:
    before = asyncio.all_tasks()
    engine = MediaEngine(MediaSettings(port=0, hosts=("127.0.0.1",)))
    await engine.start()
    clients = [Client() for _ in range(3)]
    for number, client in enumerate(clients):
        await client.connect(await engine.open_leg(f"leg{number}", client.offer))
    await engine.close()
    for client in clients:
        client.close(notify=False)
    await until(lambda: asyncio.all_tasks() == before)
