"""Closing the sockets and the calls of a sign-in that ends.

Owns: the interface to the live sessions (server/sockets is behind it), and shutting somebody out. Must never know
what a socket is.
"""

from __future__ import annotations

from typing import Protocol

from aiohttp import web

from server.people.sessions.tickets import TICKETS


class LiveSessions(Protocol):
    """What sign-ins have opened and still live: sessions with a socket, and calls."""

    async def sign_out(self, participant_id: str, http_session_id: str | None = None) -> None:
        """End what came with the participant's HTTP sessions, or with the named one only: sessions and calls."""


LIVE: web.AppKey[LiveSessions] = web.AppKey("live")


async def shut_out(request: web.Request, participant_id: str, http_session_id: str | None = None) -> None:
    """End what ended HTTP sessions have opened: their tickets stop working, sockets and calls end."""
    request.app[TICKETS].revoke(participant_id)
    await request.app[LIVE].sign_out(participant_id, http_session_id)
