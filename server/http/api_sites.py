"""GET /api/sites and POST /api/sites/{id}/rules: what a site has decided about its cases.

Owns: the two.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.auth.permissions import Action
from server.auth.principal import Principal
from server.cases.siterules import Sites
from server.http.access import needs
from server.http.api_cases import told
from server.http.bodies import json_response, read_json

SITES = web.AppKey("sites", Sites)


class NewRules(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Whether a case may carry a patient's name; whether every case is survivor-safe (None: as before)."""

    names_allowed: bool
    survivor_safe: bool | None = None


@needs(Action.KEEP_SITES)
async def sites(request: web.Request, who: Principal) -> web.Response:
    """Every site with its rules."""
    return json_response(await request.app[SITES].all())


@needs(Action.KEEP_SITES)
async def change(request: web.Request, who: Principal) -> web.Response:
    """Change the rules of one site."""
    rules = await read_json(request, NewRules)
    with told():
        await request.app[SITES].change(
            who,
            request.match_info["site_id"],
            names_allowed=rules.names_allowed,
            survivor_safe=rules.survivor_safe,
        )
    return web.Response(status=204)
