"""What a sign-in has opened, closed when it ends somewhere else: at the command line, in another process, in time.

Owns: the comparison of live sessions and legs with the sessions on disk, again and again. Handlers of this process
close them at once (`Hub.sign_out`). How long nobody asked anything over HTTP is not judged here: a page that holds
a socket waits for its next patient. A ticket given out before the end opens a socket that goes the same way.
"""

from __future__ import annotations

import asyncio

import structlog

from server.people.sessions.store import HttpSessions
from server.platform.faults import where
from server.sockets.hub import Hub

log = structlog.get_logger(__name__)


async def close_ended(hub: Hub, sessions: HttpSessions) -> int:
    """Sign out everybody whose sign-in is no longer on disk; gives how many sign-ins there were."""
    live = {session_id: participant_id for participant_id, session_id in hub.sign_ins()}
    gone = await sessions.ended_among(live)
    for session_id in gone:
        # Somebody who has come back under a new sign-in meanwhile stays: only what this one opened is closed.
        try:
            await hub.sign_out(live[session_id], session_id)
        except Exception as error:  # one end that cannot be written keeps nobody else in
            log.error("sign_out_failed", **where(error))
    if gone:
        log.info("sockets_signed_out", count=len(gone))
    return len(gone)


async def keep_closing(hub: Hub, sessions: HttpSessions, every_s: float) -> None:
    """Do so every ``every_s`` seconds until cancelled."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await close_ended(hub, sessions)
        except Exception as error:  # the database may be away for a while; the next look comes soon
            log.error("ended_sign_ins_unknown", **where(error))
