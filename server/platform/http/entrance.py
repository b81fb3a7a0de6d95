"""The door of the TCP port: accepts connections and carries out what the gate decides.

Owns: accepting, the time for the TLS handshake, and the limit on open files. Must never decide who goes (gate.py),
nor look into a request. A trusted proxy is a known network: all visitors come through it, in its own order.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import ssl
from collections.abc import Callable
from typing import Any

import structlog

from server.platform.http.gate import Gate, Guest
from server.platform.http.guests import Guests
from server.platform.http.networks import networks_of
from server.platform.metrics import CONNECTIONS_SENT_AWAY

log = structlog.get_logger(__name__)

# As REQUEST_WITHIN_S, which runs beside it: asyncio's own limit is a minute.
HANDSHAKE_WITHIN_S = 15.0
# Waits of seconds need no finer look.
SWEEP_EVERY_S = 1.0
# Accepted in one turn of the loop: few enough that voice packets wait for under a millisecond.
ACCEPT_BATCH = 16
# Without a descriptor the connection waits in the kernel's queue; the next look is so much later.
RETRY_AFTER_S = 0.05

# 2,048 WebSockets (MAX_CONNECTIONS), and as many other connections of pages, with database and photos.
FILES_WANTED = 4_096
# Descriptors that are no connections: database, UDP ports, photos, pipes to workers, the log.
FILES_KEPT = 64


def raise_file_limit(wanted: int = FILES_WANTED) -> int:
    """Let this process have as many open files as it may, up to ``wanted``; returns how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    aim = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < aim:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (aim, hard))
            soft = aim
    return wanted if soft == resource.RLIM_INFINITY else soft


def capacity_within(files: int) -> int:
    """How many connections there may be with so many open files: all but those kept, and at least half."""
    return max(files // 2, files - FILES_KEPT)


class Entrance:
    """Accepts on every socket given to `open`, for ``protocols``: aiohttp's factory, one a connection."""

    def __init__(
        self,
        protocols: Callable[[], asyncio.Protocol],
        gate: Gate,
        guests: Guests,
        *,
        context: ssl.SSLContext | None = None,
        is_proxy: Callable[[str], bool] = lambda address: False,
    ) -> None:
        self._protocols = protocols
        self._gate = gate
        self._guests = guests
        self._options: dict[str, Any] = (
            {"ssl": context, "ssl_handshake_timeout": HANDSHAKE_WITHIN_S} if context else {}
        )
        self._is_proxy = is_proxy
        self._loop = asyncio.get_running_loop()
        self._listening: list[socket.socket] = []
        self._arriving: set[asyncio.Task[None]] = set()
        self._sweeper = self._loop.create_task(self._sweep(), name="sweep connections")

    def open(self, listening: socket.socket) -> None:
        """Begin to accept on a socket that listens."""
        self._listening.append(listening)
        self._loop.add_reader(listening, self._accept, listening)

    def renew(self, context: ssl.SSLContext) -> None:
        """Use this context for whoever connects from now on; connections that stand keep theirs."""
        self._options["ssl"] = context

    async def close(self) -> None:
        """Accept nobody any more. Connections that stand are the server's to end."""
        for listening in self._listening:
            self._loop.remove_reader(listening)
        tasks = [self._sweeper, *self._arriving]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(ACCEPT_BATCH):
            try:
                accepted, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._wait_for_files(listening)
                return
            accepted.setblocking(False)
            self._arrived(accepted, str(address[0]))

    def _arrived(self, accepted: socket.socket, address: str) -> None:
        if self._is_proxy(address):
            self._gate.know(address)
        arrival = _Arrival(accepted)
        guest = Guest(networks_of(address), self._loop.time(), arrival.end, arrival.has_ended)
        if self._gate.arrived(guest):
            task = self._loop.create_task(self._connect(arrival, guest), name="connection")
            arrival.connecting = task
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    async def _connect(self, arrival: _Arrival, guest: Guest) -> None:
        def protocol() -> asyncio.Protocol:
            made = self._protocols()
            self._guests.add(made, self._gate, guest)
            return made

        try:
            arrival.transport, _ = await self._loop.connect_accepted_socket(
                protocol, arrival.accepted, **self._options
            )
        except OSError:  # TLS that never came about, or a peer that is gone
            arrival.end()

    def _wait_for_files(self, listening: socket.socket) -> None:
        self._gate.make_room("no_descriptor")
        self._loop.remove_reader(listening)
        self._loop.call_later(RETRY_AFTER_S, self._accept_again, listening)

    def _accept_again(self, listening: socket.socket) -> None:
        if not self._sweeper.done():
            self._loop.add_reader(listening, self._accept, listening)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            self._gate.sweep(self._loop.time())
            self._guests.forget_gone()
            for reason, count in self._gate.sent_away.items():
                CONNECTIONS_SENT_AWAY.labels(reason).inc(count)
            self._gate.sent_away.clear()


class _Arrival:
    """One accepted connection, before and after its protocol stands."""

    def __init__(self, accepted: socket.socket) -> None:
        self.accepted = accepted
        self.connecting: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport | None = None
        self._ended = False

    def has_ended(self) -> bool:
        """Whether nothing of it stands any more."""
        return self._ended or (self.transport is not None and self.transport.is_closing())

    def end(self) -> None:
        """Close at once, whatever is under way."""
        self._ended = True
        if self.transport is not None:
            self.transport.abort()
            return
        if self.connecting is not None and self.connecting is not asyncio.current_task():
            self.connecting.cancel()
        self.accepted.close()
