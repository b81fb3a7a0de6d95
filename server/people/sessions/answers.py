"""POST /api/answers: what became of a request whose answer was lost, after the page that sent it is gone.

Owns: one's own requests only: a key of somebody else is one that never came. The key travels in the body, as no
secret stands in an address.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import json_response, read_json
from server.platform.repeats.sealing import RequestKey
from server.platform.repeats.store import REPEATS


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The key of the request, as the page made it."""

    key: str


class Became(msgspec.Struct, frozen=True):
    """``came``: it was carried out; else it never will be. ``answer``: what it was answered, null where nothing."""

    came: bool
    answer: msgspec.Raw


# With a key of its own it would hold that key while it waits for the one that it asks about: its own, for ever.
@needs(Action.ASK_FOR_ANSWERS, takes_key=False)
async def ask(request: web.Request, principal: Principal) -> web.Response:
    """Say whether it was carried out, and what it was answered."""
    wanted = await read_json(request, Wanted)
    answer = await request.app[REPEATS].became(RequestKey(principal.participant_id, wanted.key))
    return json_response(Became(answer is not None, msgspec.Raw(answer or b"null")))
