"""GET /api/reports/...: activity, mediations and links of a period, as JSON or for a spreadsheet.

Owns: the query (days, site, form) and the columns of the files. Answers hold counts and links only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import TypeVar

import msgspec
from aiohttp import web

from media.core.parameters import Rung
from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import json_response
from server.platform.http.errors import ApiError
from server.reports.activity import Activity, ActivityRow
from server.reports.links import LinkDay
from server.reports.mediations import Mediations
from server.reports.period import NoPeriod, Period
from server.reports.sheet import Cell, Reader, sheet
from server.reports.store import REPORTS, Report
from signaling.messages import Identifier

R = TypeVar("R")

RUNGS = [rung.value for rung in Rung]


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The query: first and last day as 2026-04-09, both included; ``site``: an id, default all; ``form``: csv
    for a file; ``language``: that of the spreadsheet program.
    """

    first: date
    last: date
    site: Identifier | None = None
    form: str = "json"
    language: Reader = Reader.FRENCH


@needs(Action.READ_REPORTS)
async def activity(request: web.Request, who: Principal) -> web.Response:
    """Consultations by specialty."""
    wanted, period = _wanted(request)
    found = await request.app[REPORTS].activity(who, period, wanted.site)
    return await _answer(found, wanted, Report.ACTIVITY, _activity_sheet)


@needs(Action.READ_REPORTS)
async def mediations(request: web.Request, who: Principal) -> web.Response:
    """Mediations by language, and the blockages that mediators reported."""
    wanted, period = _wanted(request)
    found = await request.app[REPORTS].mediations(who, period, wanted.site)
    return await _answer(found, wanted, Report.MEDIATIONS, _mediations_sheet)


@needs(Action.READ_REPORTS)
async def links(request: web.Request, who: Principal) -> web.Response:
    """The link of each station, day by day."""
    wanted, period = _wanted(request)
    found = await request.app[REPORTS].links(who, period, wanted.site)
    return await _answer(found, wanted, Report.LINKS, _links_sheet)


def _wanted(request: web.Request) -> tuple[Wanted, Period]:
    try:
        wanted = msgspec.convert(dict(request.query), Wanted, strict=False)
        return wanted, Period(wanted.first, wanted.last)
    except (msgspec.ValidationError, NoPeriod):
        raise ApiError(422, "malformed_period") from None


async def _answer(found: R, wanted: Wanted, report: Report, made: Callable[[R, Reader], str]) -> web.Response:
    if wanted.form != "csv":
        return json_response(found)
    name = f"keneya-{report}-{wanted.first:%Y%m%d}-{wanted.last:%Y%m%d}.csv"
    return web.Response(
        text=await asyncio.to_thread(made, found, wanted.language),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _activity_sheet(found: Activity, reader: Reader) -> str:
    heads = ("kind", "month", *ActivityRow.__struct_fields__)
    rows: list[tuple[Cell, ...]] = [
        ("ordinary", None, *msgspec.structs.astuple(row)) for row in found.rows if row.consultations
    ]
    rows.append(("ordinary_total", None, None, *msgspec.structs.astuple(found.total)[1:]))
    for month in found.survivors:
        rows += [
            ("survivor_safe", month.month, specialty, count) for specialty, count in month.counts.items()
        ]
        total: Cell = "hidden" if month.total is None else month.total
        rows.append(("survivor_safe_total", month.month, None, total))
    return sheet(heads, rows, reader)


def _mediations_sheet(found: Mediations, reader: Reader) -> str:
    rows: list[tuple[Cell, ...]] = [
        ("invited", None, found.invited, None, None),
        ("joined", None, found.joined, None, None),
        ("reported", None, found.reported, None, None),
    ]
    rows += [("language", row.language, row.mediations, row.minutes, None) for row in found.languages]
    for month in found.blockages:
        rows += [("blockage", blockage, count, None, month.month) for blockage, count in month.counts.items()]
        total: Cell = "hidden" if month.total is None else month.total
        rows.append(("blockage_total", None, total, None, month.month))
    return sheet(("what", "code", "count", "minutes", "month"), rows, reader)


def _links_sheet(found: list[LinkDay], reader: Reader) -> str:
    plain = [field for field in LinkDay.__struct_fields__ if field != "rungs"]
    rows = [
        (*(getattr(day, field) for field in plain), *(day.rungs.get(rung, 0.0) for rung in RUNGS))
        for day in found
    ]
    return sheet((*plain, *(f"share_{rung}" for rung in RUNGS)), rows, reader)
