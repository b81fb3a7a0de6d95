"""GET /api/audit/entries, /api/audit/export, GET and POST /api/audit/verification, for auditors.

Owns: these handlers. The type of an entry has no clinical field (server/trail/entry.py), so they remove nothing.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.audit.inspection import INSPECTIONS, Filter
from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import json_response
from server.platform.http.errors import ApiError


@needs(Action.READ_AUDIT)
async def entries(request: web.Request, who: Principal) -> web.Response:
    """One page of entries, newest first."""
    try:
        wanted = msgspec.convert(dict(request.query), Filter, strict=False)
    except msgspec.ValidationError:
        raise ApiError(422, "malformed") from None
    return json_response(await request.app[INSPECTIONS].entries(who, wanted))


@needs(Action.READ_AUDIT)
async def export(request: web.Request, who: Principal) -> web.StreamResponse:
    """All entries, in the format of `keneya audit export`."""
    lines = await request.app[INSPECTIONS].export(who)
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/jsonl",
            "Content-Disposition": 'attachment; filename="keneya-audit.jsonl"',
        }
    )
    await response.prepare(request)
    async for some in lines:
        await response.write(some)
    await response.write_eof()
    return response


@needs(Action.READ_AUDIT)
async def verification(request: web.Request, who: Principal) -> web.Response:
    """The findings of the last verification."""
    return json_response(request.app[INSPECTIONS].state())


@needs(Action.READ_AUDIT)
async def verify(request: web.Request, who: Principal) -> web.Response:
    """Start a verification."""
    return json_response(await request.app[INSPECTIONS].verify(who), 202)
