"""GET /api/roster and its changes, GET /api/waiting: who should be there, and who waits for whom.

Owns: these. What a coordinator is told of who waits is where, how urgent and how long: nothing of the case. Of a
survivor-safe case even that is kept back: only that something urgent has waited for so many minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from aiohttp import web

from server.auth.permissions import Action
from server.auth.principal import Principal
from server.auth.profile import Specialty
from server.cases.rosters import Rosters
from server.consultations.views import WIDENED
from server.http.access import needs
from server.http.api_cases import DESK, Opened, told
from server.http.bodies import json_response, read_json
from signaling.messages import Identifier
from signaling.queue import waiting_s
from signaling.routing import Step, step

ROSTERS = web.AppKey("rosters", Rosters)
CLOCK: web.AppKey[Callable[[], float]] = web.AppKey("clock")

DAY_MINUTES = 24 * 60
MINUTE_S = 60


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


class WaitingLine(msgspec.Struct, frozen=True):
    """One consultation that waits. ``should_be_there``: names on the roster for it, present or not."""

    consultation_id: str
    site: str
    station: str
    urgency: str
    waiting_s: int
    widened: str
    offered_to: int
    specialty: str
    should_be_there: list[str]


class UnnamedLine(msgspec.Struct, frozen=True):
    """Something urgent has waited this long, and nobody answers. It may be any case, and carries nothing of it."""

    waited_min: int


class WaitingRoom(msgspec.Struct, frozen=True):
    """Everything that a coordinator is told of who waits."""

    cases: list[WaitingLine]
    unnamed: list[UnnamedLine]


@needs(Action.READ_ROSTER)
async def read_roster(request: web.Request, who: Principal) -> web.Response:
    """The roster."""
    return json_response(await request.app[ROSTERS].all())


@needs(Action.KEEP_ROSTER)
async def add_slot(request: web.Request, who: Principal) -> web.Response:
    """One more weekly slot."""
    typed = await read_json(request, NewSlot)
    with told():
        slot_id = await request.app[ROSTERS].add_slot(
            who,
            clinician_id=typed.clinician_id,
            specialty=typed.specialty,
            weekday=typed.weekday,
            start_minute=typed.start_minute,
            minutes=typed.minutes,
        )
    return json_response(Opened(slot_id), 201)


@needs(Action.KEEP_ROSTER)
async def add_exception(request: web.Request, who: Principal) -> web.Response:
    """Somebody is away, or stands in."""
    typed = await read_json(request, NewException)
    with told():
        exception_id = await request.app[ROSTERS].add_exception(
            who,
            clinician_id=typed.clinician_id,
            on_duty=typed.on_duty,
            starts_at=typed.starts_at,
            ends_at=typed.ends_at,
        )
    return json_response(Opened(exception_id), 201)


@needs(Action.KEEP_ROSTER)
async def remove(request: web.Request, who: Principal) -> web.Response:
    """Take one out."""
    with told():
        await request.app[ROSTERS].remove(who, request.match_info["entry_id"])
    return web.Response(status=204)


@needs(Action.WATCH_QUEUE)
async def waiting(request: web.Request, who: Principal) -> web.Response:
    """Who waits, most urgent first; a red one that nobody takes stands there with ``widened`` "alarm".

    Survivor-safe cases are not among them: those are their participants' alone. A red one that nobody takes is told
    as "something urgent", so that a coordinator sees to those on duty.
    """
    desk, now = request.app[DESK], request.app[CLOCK]()
    lines = [
        WaitingLine(
            consultation_id=record.consultation_id,
            site=record.site,
            station=record.station_name,
            urgency=record.urgency.value,
            waiting_s=waiting_s(record, now),
            widened=WIDENED[step(record.urgency, now - record.offered_since)].value,
            offered_to=len(desk.offered_to(record)),
            specialty=record.wishes.specialty,
            should_be_there=await request.app[ROSTERS].expected_now(record.wishes.specialty),
        )
        for record in desk.waiting()
        if not record.wishes.discreet
    ]
    unnamed = [
        UnnamedLine(waiting_s(record, now) // MINUTE_S)
        for record in desk.waiting()
        if record.wishes.discreet and step(record.urgency, now - record.offered_since) is Step.ALARM
    ]
    return json_response(WaitingRoom(lines, unnamed))
