"""GET /api/sites, POST /api/sites/{id}/rules, GET /api/station/rules: what a site has decided about its cases.

Owns: the three. A station is told its own site's, before it writes a case down.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import json_response, read_json
from server.sites.store import SITES


class NewRules(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Whether a case may carry a patient's name; whether every case is survivor-safe. What is not said stays."""

    names_allowed: bool | None = None
    survivor_safe: bool | None = None


@needs(Action.KEEP_SITES)
async def sites(request: web.Request, who: Principal) -> web.Response:
    """Every site with its rules."""
    return json_response(await request.app[SITES].all())


class OwnRules(msgspec.Struct, frozen=True):
    """What holds at the site of the station that asks."""

    names_allowed: bool
    survivor_safe: bool


@needs(Action.OPEN_CASES)
async def own_rules(request: web.Request, who: Principal) -> web.Response:
    """What a form of this station may ask for."""
    names_allowed, survivor_safe = await request.app[SITES].of_station(who.participant_id)
    return json_response(OwnRules(names_allowed, survivor_safe))


@needs(Action.KEEP_SITES)
async def change(request: web.Request, who: Principal) -> web.Response:
    """Change the rules of one site."""
    rules = await read_json(request, NewRules)
    await request.app[SITES].change(
        who,
        request.match_info["site_id"],
        names_allowed=rules.names_allowed,
        survivor_safe=rules.survivor_safe,
    )
    return web.Response(status=204)
