"""The service of the reports: it reads a report and writes that reading to the trail before it returns the report.

Owns: that order. Must never read a clinical column, nor return anything about one person.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TypeVar

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from server.people.principal import Principal
from server.platform.database.engine import DbSessions
from server.reports.activity import Activity, activity
from server.reports.links import LinkDay, link_days
from server.reports.mediations import Mediations, mediations
from server.reports.period import Period
from server.trail.acts import Act
from server.trail.entry import Entry, Ref
from server.trail.trail import Trail

R = TypeVar("R")
Query = Callable[[AsyncSession, Period, str | None, float], Awaitable[R]]


class Report(StrEnum):
    """The kinds of reports."""

    ACTIVITY = "activity"
    MEDIATIONS = "mediations"
    LINKS = "links"


class Reports:
    """All reports of one database. ``clock`` gives UTC seconds as `time.time` does."""

    def __init__(self, database: DbSessions, trail: Trail, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._database = database
        self._trail = trail

    async def activity(self, who: Principal, period: Period, site_id: str | None) -> Activity:
        """The activity report: consultations by specialty."""
        return await self._told(who, Report.ACTIVITY, activity, period, site_id)

    async def mediations(self, who: Principal, period: Period, site_id: str | None) -> Mediations:
        """The report about mediators."""
        return await self._told(who, Report.MEDIATIONS, mediations, period, site_id)

    async def links(self, who: Principal, period: Period, site_id: str | None) -> list[LinkDay]:
        """The link of each station on each day."""

        async def days(db: AsyncSession, period: Period, site_id: str | None, now: float) -> list[LinkDay]:
            return await link_days(db, period, site_id)

        return await self._told(who, Report.LINKS, days, period, site_id)

    async def _told(
        self, who: Principal, report: Report, query: Query[R], period: Period, site_id: str | None
    ) -> R:
        async with self._database() as db:
            found = await query(db, period, site_id, self._clock())
        entry = Entry(
            Act.REPORT_READ,
            who.participant_id,
            who.role,
            facts={
                "report": report,
                "first_day": int(period.first.strftime("%Y%m%d")),
                "last_day": int(period.last.strftime("%Y%m%d")),
                "site": Ref(site_id) if site_id is not None else None,
            },
        )
        async with self._database.begin() as db:
            await self._trail.record(db, entry)
        return found


REPORTS = web.AppKey("reports", Reports)
