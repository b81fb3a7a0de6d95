"""POST /api/cases/taken-back: a station takes back a case that it has just sent, because it was corrected.

The answer to the first sending was lost, and something was changed since: "survivor-safe", a danger sign, a name.
Owns: that the first case goes, or never comes. Who asks shows the key of that very request, which only the page
that made it has: nobody who comes to the kiosk later takes a case away. Must never touch a case whose call was
asked for.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.erasure.errors import ErasureRefused
from server.erasure.rules import Why
from server.erasure.store import ERASURES
from server.people.acting import by
from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import Made, json_response, read_json
from server.platform.repeats.sealing import RequestKey
from server.platform.repeats.store import REPEATS


class First(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The key of the first sending, as the page made it."""

    key: str


class TakenBack(msgspec.Struct, frozen=True):
    """``remains``: the first case is there and stays; else it is gone, or was never opened and never will be."""

    remains: bool


@needs(Action.OPEN_CASES, takes_key=False)
async def take_back(request: web.Request, who: Principal) -> web.Response:
    """Take back what the request with this key opened. Said twice, it is the same."""
    first = await read_json(request, First)
    answer = await request.app[REPEATS].became(RequestKey(who.participant_id, first.key))
    if answer is None:
        return json_response(TakenBack(remains=False))
    try:
        made = msgspec.json.decode(answer, type=Made)
    except msgspec.DecodeError:
        # Opened, and the server went away before it had answered; or the key of something else.
        return json_response(TakenBack(remains=True))
    try:
        await request.app[ERASURES].erase(made.id, Why.TAKEN_BACK, by(who))
    except ErasureRefused:
        return json_response(TakenBack(remains=not await request.app[ERASURES].is_erased(made.id)))
    return json_response(TakenBack(remains=False))
