"""Strangers at one address who hold what they can, and honest pages that want to be served meanwhile.

Owns: the attacks over TCP and UDP, each with its pace, and the pages with their times. Must never answer for the
server: what it closes or refuses is opened again, as an attacker would.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

ATTACKER, PAGES = "127.66.0.1", "127.10.0.1"
# Held at once: more than the server may open files, and than it lets strangers open sockets.
IDLE_CONNECTIONS = 3_000
SLOW_REQUESTS = 500
STRANGE_SOCKETS = 400
# As one machine on a city's link: enough to refill everything within seconds, little enough for the generator.
OPENED_PER_S = 400.0
JUNK_PER_S = 2_000.0
GUESSES_PER_S = 50.0
JUNK_BYTES = 1_200
# A page asks for this much at its start and then waits.
PAGE_EVERY_S = 1.0
# A person has given up by then.
PATIENCE_S = 10.0
HALF_A_HEAD = b"GET /station HTTP/1.1\r\nHost: x\r\nX-Slow: "


@dataclass
class Served:
    """What honest pages got."""

    asked: int = 0
    answered: int = 0
    times_ms: list[float] = field(default_factory=list)


async def keep(name: str, rate_per_s: float, act: Callable[[], Awaitable[None]]) -> None:
    """Do this so often; a fault of one time changes nothing."""
    next_s = time.monotonic()
    under_way: set[asyncio.Task[None]] = set()
    while True:
        next_s = max(next_s + 1 / rate_per_s, time.monotonic() - 1)
        await asyncio.sleep(max(0.0, next_s - time.monotonic()))
        task = asyncio.ensure_future(_quietly(act))
        task.set_name(name)
        under_way.add(task)
        task.add_done_callback(under_way.discard)


async def _quietly(act: Callable[[], Awaitable[None]]) -> None:
    with contextlib.suppress(OSError, TimeoutError, aiohttp.ClientError):
        await act()


class Holders:
    """Connections of the attacker that are held, the oldest given up when there are enough."""

    def __init__(self, port: int, most: int, says: bytes) -> None:
        self._port = port
        self._says = says
        self._held: deque[socket.socket] = deque()
        self._most = most

    async def one_more(self) -> None:
        """Open another."""
        opened = socket.socket()
        opened.setblocking(False)
        opened.bind((ATTACKER, 0))
        await asyncio.get_running_loop().sock_connect(opened, ("127.0.0.1", self._port))
        if self._says:
            await asyncio.get_running_loop().sock_sendall(opened, self._says)
        self._held.append(opened)
        if len(self._held) > self._most:
            self._held.popleft().close()

    def close(self) -> None:
        """Let go of all."""
        for one in self._held:
            one.close()


class Besiegers:
    """Everything an attacker at one address does at once; run inside a task group, `close` at the end."""

    def __init__(self, url: str, port: int, media: tuple[str, int]) -> None:
        self._url, self._media = url, media
        self._idle = Holders(port, IDLE_CONNECTIONS, b"")
        self._slow = Holders(port, SLOW_REQUESTS, HALF_A_HEAD)
        self._sockets: deque[aiohttp.ClientWebSocketResponse] = deque()
        self._junk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._junk.setblocking(False)
        self._junk.bind((ATTACKER, 0))
        self._rng = random.Random(13)
        self._http = _session(url, ATTACKER)
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Begin the siege."""
        self._tasks = [
            asyncio.ensure_future(keep(name, rate, act))
            for name, rate, act in (
                ("idle", OPENED_PER_S, self._idle.one_more),
                ("slow", OPENED_PER_S / 4, self._slow.one_more),
                ("sockets", OPENED_PER_S / 4, self._socket),
                ("guesses", GUESSES_PER_S, self._guess),
                ("junk", JUNK_PER_S / 20, self._throw),
            )
        ]

    async def close(self) -> None:
        """End it, and let go of everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._idle.close()
        self._slow.close()
        self._junk.close()
        await self._http.close()

    async def _socket(self) -> None:
        ws = await self._http.ws_connect("/ws", timeout=aiohttp.ClientWSTimeout(ws_close=1.0))
        self._sockets.append(ws)
        if len(self._sockets) > STRANGE_SOCKETS:
            await self._sockets.popleft().close()

    async def _guess(self) -> None:
        body = {"login": f"dr{self._rng.randrange(20)}", "password": "guess"}
        async with self._http.post("/api/session", json=body) as answer:
            await answer.read()

    async def _throw(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(20):
                self._junk.sendto(self._rng.randbytes(JUNK_BYTES), self._media)


async def honest_page(url: str, token: str, served: Served, stop: asyncio.Event) -> None:
    """A clinician's browser: the page, who am I, a ticket and a socket, on new connections each time."""
    while not stop.is_set():
        async with _session(url, PAGES, {"keneya": token}) as http:
            await _timed(served, lambda: _got(http, "GET", "/clinician"))
            await _timed(served, lambda: _got(http, "GET", "/api/session"))
            await _timed(served, lambda: _greeted(http))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), PAGE_EVERY_S)


async def _timed(served: Served, ask: Callable[[], Awaitable[None]]) -> None:
    served.asked += 1
    began_s = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await ask()
    except (OSError, TimeoutError, aiohttp.ClientError):
        return
    served.answered += 1
    served.times_ms.append((time.monotonic() - began_s) * 1000)


async def _got(http: aiohttp.ClientSession, method: str, path: str) -> None:
    async with http.request(method, path) as answer:
        answer.raise_for_status()
        await answer.read()


async def _greeted(http: aiohttp.ClientSession) -> None:
    async with http.post("/api/ticket", json={"role": "clinician"}) as answer:
        answer.raise_for_status()
        ticket = (await answer.json())["ticket"]
    async with http.ws_connect("/ws") as ws:
        await ws.send_str(f'{{"type":"hello","protocol":1,"ticket":"{ticket}"}}')
        welcome = await ws.receive_json()
        if welcome["type"] != "welcome":
            raise aiohttp.ClientError


def _session(url: str, address: str, cookies: dict[str, str] | None = None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        url,
        headers={"Origin": url, "X-Keneya": "1"},
        cookies=cookies,
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        connector=aiohttp.TCPConnector(local_addr=(address, 0), limit=0),
        timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
    )
