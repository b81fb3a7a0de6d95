"""GET /api/waiting: who waits for whom, as a coordinator is told.

Owns: this. A coordinator learns where, how urgent and how long: nothing of the case. Of a survivor-safe case even
that is kept back: only that something urgent has waited for so many minutes.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.calls import Consultations
from server.calls.views import WIDENED
from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import json_response
from server.platform.http.keys import CLOCK
from server.rosters.store import ROSTERS
from signaling.queue import waiting_s
from signaling.routing import OfferWidth, width_after

CONSULTATIONS = web.AppKey("consultations", Consultations)

MINUTE_S = 60


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


@needs(Action.WATCH_QUEUE)
async def waiting(request: web.Request, who: Principal) -> web.Response:
    """Who waits, most urgent first; a red one that nobody takes stands there with ``widened`` "alarm".

    Survivor-safe cases are not among them: those are their participants' alone. A red one that nobody takes is told
    as "something urgent", so that a coordinator sees to those on duty.
    """
    desk, now = request.app[CONSULTATIONS], request.app[CLOCK]()
    lines = [
        WaitingLine(
            consultation_id=record.consultation_id,
            site=record.site,
            station=record.station_name,
            urgency=record.urgency.value,
            waiting_s=waiting_s(record, now),
            widened=WIDENED[width_after(record.urgency, now - record.offered_since)].value,
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
        if record.wishes.discreet
        and width_after(record.urgency, now - record.offered_since) is OfferWidth.ALARM
    ]
    return json_response(WaitingRoom(lines, unnamed))
