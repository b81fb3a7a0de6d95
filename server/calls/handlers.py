"""GET /api/waiting: the waiting consultations, for coordinators.

Owns: this handler. A coordinator sees place, urgency and waiting time, and nothing of the case. Of a survivor-safe
case a coordinator sees only that something urgent has waited for some minutes.
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
    """One waiting consultation. ``should_be_there``: the people on the roster for it, present or not."""

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
    """Something urgent that has waited this long, and that nobody answers; it shows nothing of the case."""

    waited_min: int


class WaitingRoom(msgspec.Struct, frozen=True):
    """Everything that a coordinator sees of the waiting consultations."""

    cases: list[WaitingLine]
    unnamed: list[UnnamedLine]


@needs(Action.WATCH_QUEUE)
async def waiting(request: web.Request, who: Principal) -> web.Response:
    """The waiting consultations, most urgent first; a red one that nobody accepts has ``widened`` "alarm".

    Survivor-safe cases are not in the list, because only their participants may know of them. If nobody accepts a
    red one, the coordinator sees "something urgent", and can call the people on duty.
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
