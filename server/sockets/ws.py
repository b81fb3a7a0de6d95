"""The endpoint /ws: who may open a WebSocket, and how many may.

Owns: the Origin check (RFC 6455 section 10.2), the number of sockets (before their hello: greetings.py), the
options of the socket (compression with a bound after inflation, RFC 7692; heartbeat). Must never look into a
message; that is connection.py.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from server.platform.http.guests import GUESTS
from server.platform.http.origin import is_our_origin
from server.platform.settings.config import Settings
from server.sockets.connection import CLOSE_WITHIN_S, Connection, TicketBooth
from server.sockets.greetings import Greetings, Newcomer
from server.sockets.hub import Hub
from server.sockets.metrics import SOCKETS, TURNED_AWAY
from signaling.limits import (
    HEARTBEAT_S,
    HELLO_WITHIN_S,
    MAX_CONNECTIONS,
    MAX_STRANGERS,
    MESSAGE_MAX_BYTES,
    STRANGER_HELLO_WITHIN_S,
)

# What may wait in the process for one socket before a writer is held back; the kernel has its own buffer.
WRITER_LIMIT_BYTES = 65_536


async def a_stranger(request: web.Request) -> Newcomer:
    """Somebody of whom nothing is known but the address."""
    return Newcomer(request.remote or "")


@dataclass(frozen=True)
class SocketLimits:
    """How many sockets there may be, and how long one may be silent before its hello.

    ``max_strangers`` bounds the sockets that nothing is known of before their hello.
    """

    hello_within_s: float = HELLO_WITHIN_S
    max_connections: int = MAX_CONNECTIONS
    max_strangers: int = MAX_STRANGERS


class WebSocketEndpoint:
    """Counts sockets and serves them; see `make_websocket_handler`.

    ``who``: what is known of whoever asks for a socket, before any hello.
    """

    def __init__(
        self,
        hub: Hub,
        tickets: TicketBooth,
        settings: Settings,
        *,
        limits: SocketLimits = SocketLimits(),
        who: Callable[[web.Request], Awaitable[Newcomer]] = a_stranger,
    ) -> None:
        self._hub = hub
        self._tickets = tickets
        self._settings = settings
        self._limits = limits
        self._greetings = Greetings(limits.max_strangers)
        self._who = who
        self._connections = 0

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        """The aiohttp handler of /ws."""
        if not is_our_origin(request, self._settings):
            TURNED_AWAY.labels("origin").inc()
            raise web.HTTPForbidden(text='{"code": "origin_refused"}', content_type="application/json")
        newcomer = await self._who(request)
        if self._connections >= self._limits.max_connections or not self._greetings.enter(newcomer):
            TURNED_AWAY.labels("full").inc()
            raise web.HTTPServiceUnavailable(text='{"code": "server_full"}', content_type="application/json")
        self._connections += 1
        SOCKETS.inc()
        try:
            return await self._serve(request, newcomer)
        finally:
            self._greetings.leave(newcomer)
            self._connections -= 1
            SOCKETS.dec()

    async def _serve(self, request: web.Request, newcomer: Newcomer) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(
            timeout=CLOSE_WITHIN_S,
            heartbeat=HEARTBEAT_S,
            compress=True,
            max_msg_size=MESSAGE_MAX_BYTES,
            writer_limit=WRITER_LIMIT_BYTES,
        )
        transport = request.transport
        if transport is None:
            raise web.HTTPBadRequest(text='{"code": "connection_lost"}', content_type="application/json")
        writer: asyncio.Task[None] | None = None
        try:
            await ws.prepare(request)
            connection = Connection(ws, transport, self._hub, self._hello_within(newcomer))
            writer = asyncio.create_task(connection.write(), name="ws-writer")
            greeting = await connection.greet(self._tickets)
            self._greetings.leave(newcomer)
            _stays(request)
            if greeting is not None:
                await connection.serve(*greeting)
        finally:
            if writer is not None:
                await _finish(writer, ws, transport)
        return ws

    def _hello_within(self, newcomer: Newcomer) -> float:
        within_s = self._limits.hello_within_s
        return within_s if newcomer.participant_id else min(within_s, STRANGER_HELLO_WITHIN_S)


def _stays(request: web.Request) -> None:
    """Tell the entrance of the TCP port, where there is one, that this connection is a socket now."""
    guests = request.app.get(GUESTS)
    if guests is not None:
        guests.stays(request)


async def _finish(
    writer: asyncio.Task[None], ws: web.WebSocketResponse, transport: asyncio.Transport
) -> None:
    """Let a goodbye out, then make sure that nothing of the socket stays."""
    if ws.closed:
        writer.cancel()
    done, _ = await asyncio.wait({writer}, timeout=2 * CLOSE_WITHIN_S)
    if not done:
        writer.cancel()
        transport.abort()
    with contextlib.suppress(asyncio.CancelledError):
        await writer


def make_websocket_handler(
    hub: Hub,
    tickets: TicketBooth,
    settings: Settings,
    who: Callable[[web.Request], Awaitable[Newcomer]] = a_stranger,
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of /ws for this hub, these tickets and the allow-list in ``settings``."""
    return WebSocketEndpoint(hub, tickets, settings, who=who).websocket
