"""Messages of a session's life: hello and welcome, heartbeats, errors, and the end of it."""

from __future__ import annotations

import msgspec

from signaling.messages.envelope import ClientMessage, ServerMessage
from signaling.messages.values import Role, Sequence, Token

PROTOCOL_VERSION = 1


class Resume(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The session a page wants back: its token and the last server ``seq`` it has seen."""

    token: Token
    seq: Sequence


class Hello(ClientMessage, tag="hello", frozen=True, kw_only=True):
    """First message on every socket, within ``HELLO_WITHIN_S``. ``ticket`` comes from the HTTP session."""

    protocol: int
    ticket: Token
    resume: Resume | None = None


class Ping(ClientMessage, tag="ping", frozen=True, kw_only=True):
    """Is the server still there? Answered by `Pong`; carries the newest ``ack``."""


class Bye(ClientMessage, tag="bye", frozen=True, kw_only=True):
    """The page is leaving on purpose: the session ends now, without the grace time of a lost socket."""


class IceServer(msgspec.Struct, frozen=True, omit_defaults=True):
    """W3C RTCIceServer."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class Welcome(ServerMessage, tag="welcome", frozen=True, kw_only=True):
    """Answer to `Hello`. ``resumed`` false after a failed resume: the page starts from an empty state.

    ``leg_id``: the leg that the server holds for this participant; a page with another leg offers a new one.
    ``data_price_per_gb``: what people pay for 10^9 bytes, in ``data_currency``; 0: costs are not shown.
    """

    session_id: str
    resume_token: str
    resumed: bool
    resume_within_s: int
    heartbeat_s: int
    participant_id: str
    role: Role
    name: str
    ice_servers: list[IceServer] = []
    leg_id: str | None = None
    data_price_per_gb: int = 0
    data_currency: str = ""


class IceServers(ServerMessage, tag="ice_servers", frozen=True, kw_only=True):
    """TURN servers with a new name and password, before those of the `Welcome` expire: for the next leg."""

    ice_servers: list[IceServer]


class Pong(ServerMessage, tag="pong", frozen=True, kw_only=True):
    """Answer to `Ping`."""


class Error(ServerMessage, tag="error", frozen=True, kw_only=True):
    """A message could not be carried out; ``ref`` is its ``seq``. ``code`` is a key of the catalogs."""

    code: str
    ref: Sequence = 0


class Goodbye(ServerMessage, tag="goodbye", frozen=True, kw_only=True):
    """The server closes this socket; ``code`` says why, ``retry`` whether coming back makes sense."""

    code: str
    retry: bool


FromPage = Hello | Ping | Bye
FromServer = Welcome | IceServers | Pong | Error | Goodbye
