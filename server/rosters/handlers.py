"""GET /api/roster and its changes: who should be there.

Owns: these. Who waits for whom is in server/calls/handlers.py.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.people.principal import Principal
from server.people.profile import Specialty
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import Made, json_response, read_json
from server.rosters.store import ROSTERS
from signaling.messages import Identifier

DAY_MINUTES = 24 * 60


class NewSlot(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A weekly slot, in UTC; ``weekday`` 0 is Monday."""

    clinician_id: Identifier
    specialty: Specialty
    weekday: Annotated[int, msgspec.Meta(ge=0, le=6)]
    start_minute: Annotated[int, msgspec.Meta(ge=0, lt=DAY_MINUTES)]
    minutes: Annotated[int, msgspec.Meta(ge=1, le=DAY_MINUTES)]


class NewException(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Somebody is there, or is not, from when until before when (UTC seconds)."""

    clinician_id: Identifier
    on_duty: bool
    starts_at: Annotated[float, msgspec.Meta(ge=0)]
    ends_at: Annotated[float, msgspec.Meta(ge=0)]


@needs(Action.READ_ROSTER)
async def read_roster(request: web.Request, who: Principal) -> web.Response:
    """The roster."""
    return json_response(await request.app[ROSTERS].all())


@needs(Action.KEEP_ROSTER, keeps_answer=True)
async def add_slot(request: web.Request, who: Principal) -> web.Response:
    """One more weekly slot."""
    typed = await read_json(request, NewSlot)
    slot_id = await request.app[ROSTERS].add_slot(
        who,
        clinician_id=typed.clinician_id,
        specialty=typed.specialty,
        weekday=typed.weekday,
        start_minute=typed.start_minute,
        minutes=typed.minutes,
    )
    return json_response(Made(slot_id), 201)


@needs(Action.KEEP_ROSTER, keeps_answer=True)
async def add_exception(request: web.Request, who: Principal) -> web.Response:
    """Somebody is away, or stands in."""
    typed = await read_json(request, NewException)
    exception_id = await request.app[ROSTERS].add_exception(
        who,
        clinician_id=typed.clinician_id,
        on_duty=typed.on_duty,
        starts_at=typed.starts_at,
        ends_at=typed.ends_at,
    )
    return json_response(Made(exception_id), 201)


@needs(Action.KEEP_ROSTER)
async def remove(request: web.Request, who: Principal) -> web.Response:
    """Take one out."""
    await request.app[ROSTERS].remove(who, request.match_info["entry_id"])
    return web.Response(status=204)
