"""A loop whose clock jumps: waiting costs nothing, and what is on its way on loopback comes first."""

from __future__ import annotations

import asyncio
import socket
import time

from tests.support.virtualtime import VirtualLoop


def test_a_day_is_over_at_once_and_every_clock_has_seen_it() -> None:
    async def wait() -> tuple[float, float]:
        began_s, loop_s = time.monotonic(), asyncio.get_running_loop().time()
        await asyncio.sleep(86_400)
        return time.monotonic() - began_s, asyncio.get_running_loop().time() - loop_s

    real_s = time.monotonic()
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert all(86_400 <= passed_s < 86_401 for passed_s in runner.run(wait()))
    assert time.monotonic() - real_s < 86_400, "the clock of others has not moved"


def test_what_is_sent_on_loopback_comes_before_time_goes_on() -> None:
    async def talk() -> list[float]:
        loop = asyncio.get_running_loop()
        with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
            for each in (one, other):
                each.bind(("127.0.0.1", 0))
                each.setblocking(False)
            trips_s = []
            for _ in range(100):
                sent_s = loop.time()
                one.sendto(b"word", other.getsockname())
                async with asyncio.timeout(5.0):
                    await loop.sock_recv(other, 100)
                trips_s.append(loop.time() - sent_s)
            return trips_s

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert sorted(runner.run(talk()))[50] < 0.01
