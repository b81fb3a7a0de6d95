"""One's own second factors, as the page of one's account keeps them.

    GET    /api/second-factors                what there is, without secrets
    DELETE /api/second-factors/telephone      the telephone opens nothing any more
    DELETE /api/second-factors/passkeys/{id}  nor does this passkey
    POST   /api/second-factors/recovery-codes a new sheet of codes, shown once; the old one ends

Owns: one's own only. All that change something want a password that was typed within the last quarter of an hour.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.people.factors.passkeys import PASSKEYS, PasskeyLine
from server.people.factors.recoverycodes import RECOVERY_CODES
from server.people.factors.secondfactors import SECOND_FACTORS
from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import json_response


class OwnFactors(msgspec.Struct, frozen=True):
    """What one has; ``recovery_codes``: how many are left."""

    telephone: bool
    passkeys: list[PasskeyLine]
    recovery_codes: int


class Sheet(msgspec.Struct, frozen=True):
    """New codes, to be written down now."""

    codes: list[str]


@needs(Action.KEEP_OWN_ACCOUNT)
async def own_factors(request: web.Request, who: Principal) -> web.Response:
    """List them."""
    app, account_id = request.app, who.participant_id
    return json_response(
        OwnFactors(
            telephone=await app[SECOND_FACTORS].is_connected(account_id),
            passkeys=await app[PASSKEYS].of_account(account_id),
            recovery_codes=await app[RECOVERY_CODES].left(account_id),
        )
    )


@needs(Action.KEEP_OWN_ACCOUNT, recent=True)
async def remove_telephone(request: web.Request, who: Principal) -> web.Response:
    """Take the telephone away, if something else is left."""
    await request.app[SECOND_FACTORS].remove(who.participant_id)
    return web.Response(status=204)


@needs(Action.KEEP_OWN_ACCOUNT, recent=True)
async def remove_passkey(request: web.Request, who: Principal) -> web.Response:
    """Take a passkey away, if something else is left."""
    await request.app[PASSKEYS].remove(who, request.match_info["passkey_id"])
    return web.Response(status=204)


@needs(Action.KEEP_OWN_ACCOUNT, recent=True)
async def new_recovery_codes(request: web.Request, who: Principal) -> web.Response:
    """Make a new sheet."""
    return json_response(Sheet(await request.app[RECOVERY_CODES].renew(who.participant_id)), 201)
