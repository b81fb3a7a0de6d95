"""The emulator with real packets: what is configured is what sockets see, and nothing stays behind.

Asserts ratios of what was measured to what was configured, with room for a busy machine.
"""

import asyncio
import itertools
import os
import random
import signal
import socket
import statistics
import time

import pytest

from benchmarks.lab.emulator import netns
from benchmarks.lab.emulator.emulator import Emulator, EmulatorFailed
from benchmarks.lab.emulator.link import Link
from benchmarks.lab.emulator.profiles import Conditions
from benchmarks.lab.emulator.schedule import Change, Schedule
from benchmarks.lab.emulator.tun import FAR_ADDRESS, NEAR_ADDRESS

REFUSAL = netns.missing_privilege()
pytestmark = [
    pytest.mark.netns,
    pytest.mark.skipif(REFUSAL is not None, reason=str(REFUSAL)),
]

PORT = 4000
UDP_IP_BYTES = 28
QUIET_S = 0.5  # how long nothing must come for a transmission to count as over


def udp_socket(namespace, address):
    with netns.inside(namespace):
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind((address, PORT))
    bound.setblocking(False)
    return bound


def lab_namespaces():
    return {path.name for path in netns.RUN_DIRECTORY.glob(f"{netns.PREFIX}-*")}


async def receive_all(receiver):
    """(arrival time, payload) pairs until nothing has come for a while."""
    loop, got = asyncio.get_running_loop(), []
    while True:
        try:
            payload = await asyncio.wait_for(loop.sock_recv(receiver, 2048), QUIET_S + 1.0)
        except TimeoutError:
            return got
        got.append((time.monotonic(), payload))


async def send(sender, target, count, every_s, size):
    begin_s = time.monotonic()
    for index in range(count):
        sender.sendto(index.to_bytes(4, "big") + bytes(size - 4), (target, PORT))
        await asyncio.sleep(max(0.0, begin_s + (index + 1) * every_s - time.monotonic()))


async def one_way(link, count, every_s, size, *, down=True):
    far, near = udp_socket(link.far, FAR_ADDRESS), udp_socket(link.near, NEAR_ADDRESS)
    with far, near:
        sender, receiver, target = (far, near, NEAR_ADDRESS) if down else (near, far, FAR_ADDRESS)
        sending = asyncio.create_task(send(sender, target, count, every_s, size))
        got = await receive_all(receiver)
        await sending
    return got


async def round_trips_s(link, count):
    far, near = udp_socket(link.far, FAR_ADDRESS), udp_socket(link.near, NEAR_ADDRESS)
    loop, times = asyncio.get_running_loop(), []

    async def echo():
        while True:
            payload, address = await loop.sock_recvfrom(far, 2048)
            await loop.sock_sendto(far, payload, address)

    with far, near:
        echoing = asyncio.create_task(echo())
        for _ in range(count):
            begin_s = time.monotonic()
            await loop.sock_sendto(near, bytes(64), (FAR_ADDRESS, PORT))
            await loop.sock_recv(near, 2048)
            times.append(time.monotonic() - begin_s)
        echoing.cancel()
    return times


async def test_a_round_trip_takes_what_is_configured():
    async with Emulator(Schedule(Conditions(100_000, 100_000, rtt_ms=200))) as link:
        await link.shape()
        times = await round_trips_s(link, 10)
    assert min(times) >= 0.2
    assert statistics.median(times) / 0.2 < 1.1


@pytest.mark.parametrize("down", [True, False])
async def test_a_flood_comes_through_at_the_configured_rate(down):
    rate_kbps = {True: 500, False: 200}[down]
    async with Emulator(Schedule(Conditions(500, 200, rtt_ms=40))) as link:
        await link.shape()
        await link.mark()
        size = 472
        every_s = (size + UDP_IP_BYTES) * 8 / (rate_kbps * 1000) / 2  # twice what fits
        got = await one_way(link, 400, every_s, size, down=down)
        stats = await link.stats()
    span_s = got[-1][0] - got[0][0]
    kbps = (len(got) - 1) * (size + UDP_IP_BYTES) * 8 / 1000 / span_s
    assert kbps / rate_kbps == pytest.approx(1, abs=0.05)
    direction = stats["down" if down else "up"]
    assert direction["packets"] == len(got)
    assert direction["drops_queue"] == 400 - len(got) > 0
    assert 0.9 < direction["queue_ms_p95"] / 400 <= 1.01


async def test_the_packets_lost_are_those_that_the_seed_loses_in_virtual_time():
    conditions = Conditions(10_000, 10_000, rtt_ms=20, loss_percent=10, burst_packets=3)
    async with Emulator(Schedule(conditions), seed=42) as link:
        await link.shape()
        got = await one_way(link, 300, every_s=0.002, size=100)
    virtual = Link(conditions.down(), random.Random("42 down"))
    for index in range(300):
        virtual.offer(index * 0.002, index.to_bytes(4, "big"))
    expected = [int.from_bytes(packet, "big") for packet in virtual.due(100.0)]
    assert [int.from_bytes(payload[:4], "big") for _, payload in got] == expected
    assert 200 < len(expected) < 300


async def test_the_schedule_starts_at_the_mark():
    dark = Change(0.5, 1.0, {"down_kbps": 0.0})
    async with Emulator(Schedule(Conditions(1000, 1000, rtt_ms=20, queue_ms=50), [dark])) as link:
        await link.shape()
        before = await one_way(link, 100, every_s=0.01, size=100)
        await link.mark()
        during = await one_way(link, 150, every_s=0.01, size=100)
    assert len(before) == 100
    times = [moment for moment, _ in during]
    longest_gap_s = max(later - earlier for earlier, later in itertools.pairwise(times))
    assert 0.8 < longest_gap_s / 0.5 < 1.5


async def test_tcp_passes_whole():
    payload = random.Random(1).randbytes(200_000)
    async with Emulator(Schedule(Conditions(4000, 4000, rtt_ms=20, loss_percent=1))) as link:
        await link.shape()
        with netns.inside(link.far):
            listener = socket.create_server((FAR_ADDRESS, PORT))

        async def serve(_reader, writer):
            writer.write(payload)
            writer.close()
            await writer.wait_closed()

        async with await asyncio.start_server(serve, sock=listener):
            with netns.inside(link.near):
                client = socket.socket()
            client.setblocking(False)
            await asyncio.get_running_loop().sock_connect(client, (FAR_ADDRESS, PORT))
            reader, writer = await asyncio.open_connection(sock=client)
            assert await reader.read(-1) == payload
            writer.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_takes_the_namespaces_away(number):
    link = await Emulator(Schedule(Conditions(100, 100, 100))).__aenter__()
    assert {link.near, link.far} <= lab_namespaces()
    os.kill(link.pid, number)
    await link.__aexit__(None, None, None)
    assert not {link.near, link.far} & lab_namespaces()


async def test_what_a_killed_emulator_leaves_is_swept_by_the_next():
    killed = await Emulator(Schedule(Conditions(100, 100, 100))).__aenter__()
    os.kill(killed.pid, signal.SIGKILL)
    await killed.__aexit__(None, None, None)
    assert {killed.near, killed.far} <= lab_namespaces()
    async with Emulator(Schedule(Conditions(100, 100, 100))) as living:
        assert not {killed.near, killed.far} & lab_namespaces()
        netns.sweep()
        assert {living.near, living.far} <= lab_namespaces()


async def test_our_own_namespace_keeps_its_devices():
    before = socket.if_nameindex()
    async with Emulator(Schedule(Conditions(100, 100, 100))):
        assert socket.if_nameindex() == before
    assert socket.if_nameindex() == before


async def test_an_unknown_command_is_told_and_an_ended_emulator_noticed():
    async with Emulator(Schedule(Conditions(100, 100, 100))) as link:
        with pytest.raises(EmulatorFailed, match="unknown command"):
            await link._tell("dance")
        await link.stats()
