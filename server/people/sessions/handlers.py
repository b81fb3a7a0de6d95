"""GET and DELETE /api/sessions, DELETE /api/sessions/{id}: where one is signed in, and ending that.

Owns: one's own sessions only. Another person's session id and one that never was give the same 404.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.people.acting import by
from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.cookies import clear_cookie, person_cookie
from server.people.sessions.live import shut_out
from server.people.sessions.permissions import Action
from server.people.sessions.store import SESSIONS, end_sessions_of
from server.platform.http.bodies import json_response
from server.platform.http.errors import ApiError
from server.platform.http.keys import DATABASE
from server.trail.acts import Act
from server.trail.trail import TRAIL


class SessionLine(msgspec.Struct, frozen=True):
    """One place where one is signed in; times are UTC seconds. ``here``: it is this browser's."""

    session_id: str
    device: str
    created_at: float
    last_seen_at: float
    here: bool


@needs(Action.KEEP_OWN_ACCOUNT)
async def own_sessions(request: web.Request, principal: Principal) -> web.Response:
    """List them, the last used first."""
    found = await request.app[SESSIONS].of_account(principal.participant_id)
    return json_response(
        [
            SessionLine(one.id, one.device, one.created_at, one.last_seen_at, one.id == principal.session_id)
            for one in found
        ]
    )


@needs(Action.KEEP_OWN_ACCOUNT)
async def end_one(request: web.Request, principal: Principal) -> web.Response:
    """End one of them, and the socket that came with it."""
    await _end(request, principal, request.match_info["session_id"])
    return web.Response(status=204)


@needs(Action.KEEP_OWN_ACCOUNT)
async def end_all(request: web.Request, principal: Principal) -> web.Response:
    """Sign out everywhere, here too."""
    await _end(request, principal, None)
    response = web.Response(status=204)
    clear_cookie(request, response, person_cookie(request))
    return response


async def _end(request: web.Request, principal: Principal, session_id: str | None) -> None:
    app = request.app
    async with app[DATABASE].begin() as db:
        ended = await end_sessions_of(db, account_id=principal.participant_id, only_id=session_id)
        if not ended:
            raise ApiError(404, "not_found")
        await app[TRAIL].record(db, by(principal).did(Act.SESSIONS_ENDED, count=len(ended)))
    await shut_out(request, principal.participant_id, session_id)
