"""GET /api/mediators, GET /api/mediations, POST .../report: whom to ask, and the record a mediator leaves.

Owns: the bodies. Must never tell a mediator anything about a case, nor take free words from one.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.mediators.directory import mediators
from server.mediators.live import Mediators
from server.mediators.store import MEDIATIONS
from server.mediators.vocabulary import Blockage
from server.people.principal import Principal
from server.people.profile import Spoken
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import json_response, read_json
from server.platform.http.errors import ApiError
from server.platform.http.keys import DATABASE
from signaling.errors import Refused

MEDIATORS = web.AppKey("mediators", Mediators)

# A day: somebody who goes along to the hospital is away for so long.
MINUTES_MAX = 24 * 60


class MediatorLine(msgspec.Struct, frozen=True):
    """One mediator. ``free``: on duty, and in nothing else."""

    id: str
    name: str
    gender: str
    languages: tuple[str, ...]
    free: bool


class Report(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a mediator accounts for. Codes only: what was said stays where it was said."""

    language: Spoken
    minutes: Annotated[int, msgspec.Meta(ge=0, le=MINUTES_MAX)]
    blockages: Annotated[list[Blockage], msgspec.Meta(max_length=len(Blockage))] = []


class OwnMediation(msgspec.Struct, frozen=True):
    """A mediation of one's own that is over and not accounted for; ``minutes`` as the server saw it.

    ``language``: the patient's, as the invitation said it; "" is not known.
    """

    id: str
    joined_at: float
    minutes: int
    language: str


@needs(Action.FIND_MEDIATORS)
async def find(request: web.Request, who: Principal) -> web.Response:
    """Every mediator, those who can come now first. Pages choose by language and gender themselves."""
    live = request.app[MEDIATORS]
    lines = [
        MediatorLine(one.id, one.name, one.gender, one.languages, live.is_free(one.id))
        for one in await mediators(request.app[DATABASE])
    ]
    return json_response(sorted(lines, key=lambda line: not line.free))


@needs(Action.ACCOUNT_FOR_MEDIATIONS)
async def own_mediations(request: web.Request, who: Principal) -> web.Response:
    """One's own mediations that wait for their record."""
    found = await request.app[MEDIATIONS].unreported(who)
    return json_response(
        [
            OwnMediation(row.id, row.joined_at, round((row.left_at - row.joined_at) / 60), language)
            for row, language in found
            if row.joined_at is not None and row.left_at is not None
        ]
    )


@needs(Action.ACCOUNT_FOR_MEDIATIONS)
async def report(request: web.Request, who: Principal) -> web.Response:
    """Leave the record of one mediation, once."""
    typed = await read_json(request, Report)
    try:
        await request.app[MEDIATIONS].report(
            who,
            request.match_info["mediation_id"],
            language=typed.language,
            minutes=typed.minutes,
            met=typed.blockages,
        )
    except Refused as refused:
        # No such mediation and somebody else's are the same.
        known = refused.code == "already_reported"
        raise ApiError(409 if known else 404, refused.code if known else "not_found") from None
    return web.Response(status=204)
