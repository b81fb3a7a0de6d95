"""The live sessions: who can be reached, and what waits for them.

Owns: one session a participant, its resume token, its message log, and the two minutes it outlives its socket.
Must never know what a message means; that is server/calls. PROTOCOL.md tells the rules.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import math
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from aiohttp import web

from server.people.principal import Principal
from server.platform.faults import where
from server.sockets.metrics import RESUMED
from signaling.limits import HEARTBEAT_S, RESUME_WITHIN_S, SILENT_AFTER_S, TokenBucket, message_bucket
from signaling.messages import AnyClientMessage, IceServer, IceServers, Resume, ServerMessage, Welcome
from signaling.resumption import SessionLog

log = structlog.get_logger(__name__)

# 192 random bits: beyond guessing, and as base64 text 32 characters.
TOKEN_BYTES = 24
# How often lost sessions are looked through; the grace of two minutes need not be exact.
SWEEP_EVERY_S = 1.0


def new_id() -> str:
    """An unguessable identifier or token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class Socket(Protocol):
    """What the hub asks of an open WebSocket."""

    def wake(self) -> None:
        """The session's log has something to send."""

    def dismiss(self, code: str) -> None:
        """Say goodbye with this code, and close."""


class SessionListener(Protocol):
    """Who gives messages their meaning."""

    async def session_opened(self, principal: Principal) -> None:
        """A page is there (again): post the state as it is now."""

    async def session_ended(self, principal: Principal, *, on_purpose: bool) -> None:
        """The page said bye, was signed out, or did not come back in time."""

    async def signed_out(self, participant_id: str, http_session_id: str | None) -> None:
        """A sign-in of a participant (None: every one) is over: what stands on it ends, with a session or not."""

    def sign_ins(self) -> list[tuple[str, str]]:
        """(participant, HTTP session) of everything that stands on a sign-in without a session of the hub."""

    async def received(self, principal: Principal, message: AnyClientMessage) -> None:
        """One numbered message, exactly once. Raises signaling errors."""

    def leg_of(self, participant_id: str) -> str | None:
        """The leg the server holds for a participant."""


@dataclass(slots=True, eq=False)
class Session:
    """One participant's conversation with the server. ``lost_at``: monotonic seconds, None with a socket."""

    principal: Principal
    session_id: str
    token: str
    log: SessionLog = field(default_factory=SessionLog)
    bucket: TokenBucket = field(default_factory=message_bucket)
    socket: Socket | None = None
    lost_at: float | None = None
    # When the page itself last said something; a frozen page holds its socket open and says nothing.
    heard_at: float = 0.0
    # When the page was last given names and passwords for TURN.
    named_at: float = 0.0
    # Messages of a session are carried out one after the other, also across a resume.
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def may_resume(self, resume: Resume | None) -> bool:
        """Whether this is the page that had the session, and everything it missed is still kept."""
        return (
            resume is not None
            and hmac.compare_digest(self.token, resume.token)
            and self.log.can_resume(resume.seq)
        )


class Hub:
    """Every live session. ``clock`` gives monotonic seconds; ``data_price``: of 10^9 bytes, and its currency.

    ``ice_servers`` gives names that work for ``ice_ttl_s`` seconds; a page gets new ones at half of that time.
    """

    def __init__(
        self,
        *,
        ice_servers: Callable[[str], Sequence[IceServer]] = lambda participant_id: (),
        ice_ttl_s: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
        ids: Callable[[], str] = new_id,
        resume_within_s: float = RESUME_WITHIN_S,
        data_price: tuple[int, str] = (0, ""),
    ) -> None:
        self.clock = clock
        self._data_price_per_gb, self._data_currency = data_price
        self._ice_servers = ice_servers
        self._ice_ttl_s = ice_ttl_s
        self._ids = ids
        self._resume_within_s = resume_within_s
        self._sessions: dict[str, Session] = {}
        self._listener: SessionListener | None = None
        self._sweeper: asyncio.Task[None] | None = None

    def set_listener(self, listener: SessionListener) -> None:
        """Who gives messages their meaning; set once, before the first socket."""
        self._listener = listener

    @property
    def listener(self) -> SessionListener:
        """The one set by `set_listener`."""
        if self._listener is None:
            raise RuntimeError("the hub has no listener yet")
        return self._listener

    async def start(self) -> None:
        """Begin to look for sessions that are over."""
        self._sweeper = asyncio.create_task(self._sweep_for_ever(), name="hub-sweeper")

    async def stop(self) -> None:
        """Say goodbye to everybody; pages come back to the restarted server."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
        for session in list(self._sessions.values()):
            if session.socket is not None:
                session.socket.dismiss("server_stopping")

    def has_session(self, participant_id: str) -> bool:
        """Whether a participant is connected, or may still come back in time."""
        return participant_id in self._sessions

    def post(self, participant_id: str, message: ServerMessage, key: str | None = None) -> None:
        """Number and send a message; kept for a lost page, dropped for one without a session.

        A newer message of the same ``key`` replaces one that was not acknowledged yet.
        """
        session = self._sessions.get(participant_id)
        if session is None:
            return
        session.log.number(message, key)
        if session.socket is not None:
            session.socket.wake()

    def expect(self, principal: Principal) -> None:
        """Give a participant known from before a restart the usual time to come back."""
        if principal.participant_id not in self._sessions:
            self._sessions[principal.participant_id] = Session(
                principal, self._ids(), self._ids(), lost_at=self.clock()
            )

    async def open(self, principal: Principal, resume: Resume | None, socket: Socket) -> tuple[Session, bool]:
        """Give a socket its session, resumed or new; returns it and whether it was resumed."""
        existing = self._sessions.get(principal.participant_id)
        if existing is not None and existing.socket is not None:
            existing.socket.dismiss("taken_over")
        resumed = False
        if existing is not None and resume is not None and existing.may_resume(resume):
            session, resumed = existing, True
            session.log.acknowledge(resume.seq)
        else:
            session = Session(principal, self._ids(), "")
            if existing is not None:
                # A new session must not refill a bucket that a flood has emptied.
                session.bucket = existing.bucket
            self._sessions[principal.participant_id] = session
        session.principal, session.token = principal, self._ids()
        session.socket, session.lost_at = socket, None
        RESUMED.labels("resumed" if resumed else "new").inc()
        try:
            await self.listener.session_opened(principal)
        except BaseException:
            self.lost(session, socket)
            raise
        return session, resumed

    def welcome(self, session: Session, *, resumed: bool) -> Welcome:
        """The answer to the hello that opened this session."""
        principal = session.principal
        session.named_at = session.heard_at = self.clock()
        return Welcome(
            ack=session.log.received,
            session_id=session.session_id,
            resume_token=session.token,
            resumed=resumed,
            resume_within_s=int(self._resume_within_s),
            heartbeat_s=HEARTBEAT_S,
            participant_id=principal.participant_id,
            role=principal.role,
            name=principal.name,
            ice_servers=list(self._ice_servers(principal.participant_id)),
            leg_id=self.listener.leg_of(principal.participant_id),
            data_price_per_gb=self._data_price_per_gb,
            data_currency=self._data_currency,
        )

    def lost(self, session: Session, socket: Socket) -> None:
        """A socket is gone; nothing happens if another one has taken its place."""
        if session.socket is socket:
            session.socket = None
            session.lost_at = self.clock()

    async def end(self, session: Session, *, on_purpose: bool) -> None:
        """A session is over; nothing happens if another one has taken its place."""
        participant_id = session.principal.participant_id
        if self._sessions.get(participant_id) is session:
            del self._sessions[participant_id]
            await self.listener.session_ended(session.principal, on_purpose=on_purpose)

    def sign_ins(self) -> list[tuple[str, str]]:
        """(participant, HTTP session) of all who came with one, and of what outlives their sessions.

        Excludes participants who have not reconnected.
        """
        live = [
            (who.participant_id, who.session_id)
            for who in (session.principal for session in self._sessions.values())
            if who.session_id
        ]
        return list(dict.fromkeys(live + self.listener.sign_ins()))

    async def sign_out(self, participant_id: str, http_session_id: str | None = None) -> None:
        """End at once what came with the participant's HTTP sessions, or with the named one only.

        A call may have outlived its session, or stand on another sign-in than the session: it ends too.
        """
        session = self._sessions.get(participant_id)
        if session is not None and http_session_id not in (None, session.principal.session_id):
            session = None
        if session is not None and session.socket is not None:
            session.socket.dismiss("signed_out")
        try:
            await self.listener.signed_out(participant_id, http_session_id)
        finally:
            if session is not None:
                await self.end(session, on_purpose=True)

    async def sweep(self) -> None:
        """End the sessions whose page did not come back in time, and cut off those whose page is frozen.

        The others get what a new leg will need before it expires.
        """
        now = self.clock()
        for session in list(self._sessions.values()):
            if session.lost_at is not None and now - session.lost_at >= self._resume_within_s:
                log.info("session_expired", participant_id=session.principal.participant_id)
                await self.end(session, on_purpose=False)
            elif session.socket is not None and now - session.heard_at >= SILENT_AFTER_S:
                session.socket.dismiss("silent")
            elif session.socket is not None and now - session.named_at >= self._ice_ttl_s / 2:
                self._renew_names(session, now)

    def _renew_names(self, session: Session, now: float) -> None:
        """Send names and passwords for TURN, well before those that the page has expire."""
        session.named_at = now
        participant_id = session.principal.participant_id
        if servers := list(self._ice_servers(participant_id)):
            self.post(participant_id, IceServers(ice_servers=servers), key="ice_servers")

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                await self.sweep()
            except Exception as error:
                # One session that cannot be ended must not keep all the others alive.
                log.error("sweep_failed", **where(error))


HUB = web.AppKey("hub", Hub)
