"""Many legs on one UDP port, on IPv4 and IPv6, and the binding itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from media.engine.transport import ports
from media.engine.transport.ports import READ_BATCH, READ_TURN_S, PortRegistry, SharedPort
from tests.support.leg_client import Client, relay, until, video_passes, voice_passes

needs_ipv6 = pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")

# What a stranger throws in a fifth of a second, at the rate of `benchmarks.siege`.
WAITING = 10 * READ_BATCH


async def test_six_legs_of_three_calls_share_one_port_and_never_mix() -> None:
    async with relay() as running:
        rooms = [
            await running.call(f"station{number}", f"doctor{number}", room=f"room{number}")
            for number in range(3)
        ]
        assert len({client.server for room in rooms for client in room}) == 1
        for station, doctor in rooms:
            await voice_passes(station, doctor)
            await video_passes(doctor, station)
        for number, (_, doctor) in enumerate(rooms):
            strangers = [client for room in rooms if room != rooms[number] for client in room]
            for one in doctor.packets:
                assert not any(str(id(other)).encode() in one.payload for other in strangers)


@needs_ipv6
async def test_an_ipv6_leg_talks_with_an_ipv4_leg() -> None:
    async with relay("127.0.0.1", "::1") as running:
        station = await running.connect("station", ipv6=True)
        doctor = await running.connect("doctor")
        assert ":" in station.server[0]
        for name in ("station", "doctor"):
            running.engine.join("room", name)
        await voice_passes(station, doctor)
        await voice_passes(doctor, station)


async def test_a_leg_goes_on_from_another_address() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await voice_passes(station, doctor)
        before = running.leg("station").address
        await station.move()
        await until(lambda: running.leg("station").address != before)
        await voice_passes(station, doctor)
        await voice_passes(doctor, station)
        assert running.heard.states_of("station") == ["connecting", "connected"]


@needs_ipv6
async def test_a_leg_goes_on_over_the_other_family() -> None:
    async with relay("127.0.0.1", "::1") as running:
        station, doctor = await running.call("station", "doctor")
        await voice_passes(station, doctor)
        station.server = ("::1", running.engine._registry.ports[1].port)
        await station.move()
        await until(lambda: running.leg("station").address[0] == "::1")
        await voice_passes(station, doctor)
        await voice_passes(doctor, station)


async def test_nothing_is_left_of_a_closed_leg() -> None:
    async with relay() as running:
        client = await running.connect("station")
        registry = running.engine._registry
        await running.engine.close_leg("station")
        assert registry.legs_by_username == {}
        assert registry.guard.legs_by_address == {}
        assert [port._transactions for port in registry.ports] == [{}]
        client.send_raw(client.ice.check())
        await until(lambda: running.engine.refused.get("unknown_username"))


async def test_announced_addresses_replace_the_bound_ones_by_family() -> None:
    registry = PortRegistry()
    registry.open(["127.0.0.1"], 0, ["203.0.113.5", "2001:db8::5"])
    (port,) = registry.ports
    assert port.candidate_addresses == [("203.0.113.5", port.port)]
    registry.close()


async def test_a_failed_bind_closes_what_was_bound_before_it() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.2", 0))
        registry = PortRegistry()
        with pytest.raises(OSError, match="in use"):
            registry.open(["127.0.0.1", "127.0.0.2"], taken.getsockname()[1], [])
        assert registry.ports == []


@contextmanager
def junk_waits() -> Iterator[tuple[PortRegistry, SharedPort]]:
    """A port in which `WAITING` datagrams wait that belong to no protocol of ours."""
    registry = PortRegistry()
    registry.open(["127.0.0.1"], 0, [])
    (port,) = registry.ports
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for _ in range(WAITING):
                stranger.sendto(b"\xff junk", ("127.0.0.1", port.port))
        yield registry, port
    finally:
        registry.close()


async def test_one_turn_reads_all_that_came_while_others_had_the_loop() -> None:
    with junk_waits() as (registry, port):
        port._readable()
        assert registry.guard.refused["not_ours"] == WAITING


async def test_a_flood_leaves_the_loop_to_others_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    with junk_waits() as (registry, port):
        times_s = iter([0.0, READ_TURN_S / 2, READ_TURN_S])
        monkeypatch.setattr(ports.time, "monotonic", lambda: next(times_s))
        port._readable()
        monkeypatch.undo()
        assert registry.guard.refused["not_ours"] == 2 * READ_BATCH


async def test_an_unreachable_address_costs_one_datagram_only() -> None:
    registry = PortRegistry()
    registry.open(["127.0.0.1"], 0, [])
    (port,) = registry.ports
    port.send(b"x", ("255.255.255.255", 9))
    assert port.send_failures == 1
    registry.close()
    registry.close()


async def test_a_second_leg_may_come_from_an_address_that_another_held() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await voice_passes(station, doctor)
        assert station.socket is not None
        number = station.socket.getsockname()[1]
        station.close(notify=False)
        await running.engine.close_leg("station")
        again = Client()
        running.clients.append(again)
        again.take_answer(await running.engine.open_leg("again", again.offer))
        assert again.socket is not None
        again._close_socket()
        again._open_socket(source_port=number)
        await again.run_ice()
        await again.run_dtls()
        running.engine.join("room", "again")
        await until(lambda: running.leg("again").state == "connected")
        await voice_passes(again, doctor)
