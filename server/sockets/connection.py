"""One WebSocket, from hello to goodbye.

Owns: reading, decoding, counting and answering the messages of one socket, and writing what its session's log
holds. Must never decide anything about consultations. A page that does not read is cut; its session stays.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

import structlog
from aiohttp import WSMsgType, web

from server.people.principal import Principal
from server.platform.faults import where
from server.sockets.hub import Hub, Session
from server.sockets.metrics import (
    BROKEN,
    REFUSED,
    SLOW_READERS,
    TURNED_AWAY,
)
from signaling.errors import LimitExceeded, MalformedMessage, ProtocolError, Refused, UnexpectedMessage
from signaling.limits import UNSENT_MAX_BYTES, UNSENT_MAX_MESSAGES
from signaling.messages import (
    PROTOCOL_VERSION,
    AnyClientMessage,
    Bye,
    Error,
    Goodbye,
    Hello,
    Ping,
    Pong,
    ServerMessage,
    decode_client,
    encode,
)

log = structlog.get_logger(__name__)

# A goodbye should reach a 2G page, and a page that never reads should not hold the socket.
CLOSE_WITHIN_S = 5.0
# Unnumbered answers (pongs) that may wait to be written; a page that asks without reading is cut.
MAX_DIRECT = 64

# WebSocket close code and whether coming back makes sense, for each goodbye (PROTOCOL.md).
GOODBYES: dict[str, tuple[int, bool]] = {
    "malformed_message": (4400, True),
    "unexpected_message": (4400, True),
    "limit_exceeded": (4429, True),
    "hello_timeout": (4408, True),
    "silent": (4408, True),
    "ticket_refused": (4401, True),
    "protocol_version": (4406, False),
    "taken_over": (4409, False),
    "signed_out": (4403, False),
    "server_stopping": (1001, True),
}


class TicketBooth(Protocol):
    """Where tickets become principals (server/people/sessions/tickets.py)."""

    def redeem(self, ticket: str) -> Principal | None:
        """The participant behind a ticket, once; None if it is unknown, used or expired."""


class Connection:
    """One WebSocket: `greet`, then `serve`, with `write` running beside them."""

    def __init__(
        self, ws: web.WebSocketResponse, transport: asyncio.Transport, hub: Hub, hello_within_s: float
    ) -> None:
        self._ws = ws
        self._transport = transport
        self._hub = hub
        self._hello_within_s = hello_within_s
        self._session: Session | None = None
        self._cursor = 0
        self._direct: deque[ServerMessage] = deque()
        self._changed = asyncio.Event()
        self._close_code: int | None = None

    async def greet(self, tickets: TicketBooth) -> tuple[Hello, Principal] | None:
        """Wait for a valid hello; None when the socket was dismissed or closed instead."""
        try:
            async with asyncio.timeout(self._hello_within_s):
                message = await self._next()
        except TimeoutError:
            self._turn_away("hello_timeout")
        except ProtocolError as error:
            self._turn_away(error.code)
        else:
            if isinstance(message, Hello):
                return self._check(message, tickets)
            if message is not None:
                self._turn_away("unexpected_message")
        return None

    def _check(self, hello: Hello, tickets: TicketBooth) -> tuple[Hello, Principal] | None:
        if hello.protocol != PROTOCOL_VERSION:
            self._turn_away("protocol_version")
            return None
        principal = tickets.redeem(hello.ticket)
        if principal is None:
            self._turn_away("ticket_refused")
            return None
        return hello, principal

    async def serve(self, hello: Hello, principal: Principal) -> None:
        """Open or resume the session, and carry messages until the socket ends."""
        session, resumed = await self._hub.open(principal, hello.resume, self)
        if session.socket is not self:
            return  # taken over while the state was gathered
        self._cursor = hello.resume.seq if resumed and hello.resume is not None else 0
        self._session = session
        self._say(self._hub.welcome(session, resumed=resumed))
        try:
            await self._read(session)
        finally:
            self._hub.lost(session, self)

    async def write(self) -> None:
        """Send what there is to send until the socket ends; runs beside `greet` and `serve`."""
        try:
            while self._close_code is None or self._direct:
                await self._changed.wait()
                self._changed.clear()
                await self._flush()
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._ws.close(code=self._close_code)
        except (ConnectionError, TimeoutError):
            self._transport.abort()

    def wake(self) -> None:
        """The session's log has something to send."""
        session = self._session
        if session is not None:
            count, size = session.log.backlog(self._cursor)
            if count > UNSENT_MAX_MESSAGES or size > UNSENT_MAX_BYTES:
                self._cut_slow_reader()
                return
        self._changed.set()

    def dismiss(self, code: str) -> None:
        """Say goodbye with this code, and close."""
        if self._close_code is None:
            close_code, retry = GOODBYES[code]
            self._say(Goodbye(code=code, retry=retry))
            self.close(close_code)

    def close(self, close_code: int) -> None:
        """Close once everything unnumbered is written."""
        if self._close_code is None:
            self._close_code = close_code
            self._changed.set()

    async def _flush(self) -> None:
        while True:
            if self._direct:
                await self._ws.send_str(encode(self._direct.popleft()))
                continue
            if self._close_code is not None or self._session is None:
                return
            if not self._session.log.can_continue(self._cursor):
                self._cut_slow_reader()
                return
            kept = self._session.log.next_after(self._cursor)
            if kept is None:
                return
            self._cursor = kept.seq
            await self._ws.send_str(kept.text)

    async def _next(self) -> AnyClientMessage | None:
        """The next message; None at the end of the socket. Raises MalformedMessage."""
        frame = await self._ws.receive()
        if frame.type is WSMsgType.TEXT:
            return decode_client(frame.data)
        if frame.type is WSMsgType.BINARY:
            raise MalformedMessage("binary frame")
        return None

    async def _read(self, session: Session) -> None:
        while self._close_code is None:
            try:
                message = await self._next()
                # A socket that was taken over, or was told goodbye while it was read, says nothing more.
                if message is None or session.socket is not self or self._close_code is not None:
                    return
                if not session.bucket.take(self._hub.clock()):
                    raise LimitExceeded
                await self._handle(session, message)
            except ProtocolError as error:
                BROKEN.labels(error.code).inc()
                log.warning(
                    "protocol_error", code=error.code, participant_id=session.principal.participant_id
                )
                self._say(Error(code=error.code, ack=session.log.received))
                self.dismiss(error.code)

    async def _handle(self, session: Session, message: AnyClientMessage) -> None:
        session.log.acknowledge(message.ack)
        session.heard_at = self._hub.clock()
        if isinstance(message, Ping):
            self._say(Pong(ack=session.log.received))
            return
        if isinstance(message, Hello):
            raise UnexpectedMessage("hello in the middle of a session")
        async with session.lock:
            if not session.log.take(message.seq):
                return
            if isinstance(message, Bye):
                await self._hub.end(session, on_purpose=True)
                self.close(1000)
                return
            await self._carry_out(session, message)

    async def _carry_out(self, session: Session, message: AnyClientMessage) -> None:
        try:
            await self._hub.listener.received(session.principal, message)
        except Refused as refused:
            code = refused.code
        except ProtocolError:
            raise
        except Exception as error:
            # A fault of ours: the page may try again, the log says where (never with what).
            log.error("message_failed", message=type(message).__name__, **where(error))
            code = "try_again"
        else:
            return
        REFUSED.labels(code).inc()
        self._hub.post(session.principal.participant_id, Error(code=code, ref=message.seq))

    def _turn_away(self, code: str) -> None:
        TURNED_AWAY.labels(code).inc()
        self.dismiss(code)

    def _say(self, message: ServerMessage) -> None:
        if len(self._direct) >= MAX_DIRECT:
            self._cut_slow_reader()
            return
        self._direct.append(message)
        self._changed.set()

    def _cut_slow_reader(self) -> None:
        SLOW_READERS.inc()
        self._transport.abort()
