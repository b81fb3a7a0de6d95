"""The report about mediators: invitations, languages, and the blockages that mediators reported.

Owns: the queries. Counts of blockages are about patients: they cover whole months that are over, over all sites,
with small cells hidden. Mediations of survivor-safe cases are in none of these counts.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.tables import CaseFile
from server.cases.vocabulary import Kind
from server.mediators.tables import Mediation, MediationBlockage, MediationReport
from server.mediators.vocabulary import Blockage
from server.people.tables import Station
from server.reports.monthrow import MonthRow, month_row
from server.reports.period import Period


class LanguageRow(msgspec.Struct, frozen=True):
    """One language, with its mediations and their minutes."""

    language: str
    mediations: int
    minutes: int


class Mediations(msgspec.Struct, frozen=True):
    """The report; ``blockages``: by month, whatever the site."""

    invited: int
    joined: int
    reported: int
    languages: list[LanguageRow]
    blockages: list[MonthRow]


async def mediations(db: AsyncSession, period: Period, site_id: str | None, now: float) -> Mediations:
    """The report of the mediations whose invitation is in the period."""
    numbers = _of(period, site_id).add_columns(func.count(), func.count(Mediation.joined_at))
    invited, joined = (await db.execute(numbers)).one()
    report = (MediationReport, MediationReport.mediation_id == Mediation.id)
    by_language = (
        _of(period, site_id)
        .join(*report)
        .add_columns(MediationReport.language, func.count(), func.sum(MediationReport.minutes))
        .group_by(MediationReport.language)
        .order_by(func.count().desc(), MediationReport.language)
    )
    languages = [LanguageRow(*row) for row in await db.execute(by_language)]
    return Mediations(
        invited=invited,
        joined=joined,
        reported=sum(row.mediations for row in languages),
        languages=languages,
        blockages=[await _blockages(db, *month) for month in period.months(now)],
    )


async def _blockages(db: AsyncSession, month: str, begins_at: float, ends_at: float) -> MonthRow:
    met = (
        _between(begins_at, ends_at)
        .join(MediationBlockage, MediationBlockage.mediation_id == Mediation.id)
        .add_columns(MediationBlockage.blockage, func.count())
        .group_by(MediationBlockage.blockage)
    )
    return month_row(month, await db.execute(met), list(Blockage))


def _of(period: Period, site_id: str | None) -> Select[()]:
    query = _between(period.begins_at, period.ends_at)
    if site_id is not None:
        query = query.join(Station, Station.id == CaseFile.station_id).where(Station.site_id == site_id)
    return query


def _between(begins_at: float, ends_at: float) -> Select[()]:
    return (
        select()
        .select_from(Mediation)
        .join(CaseFile, CaseFile.id == Mediation.case_id)
        .where(
            Mediation.invited_at >= begins_at,
            Mediation.invited_at < ends_at,
            CaseFile.kind == Kind.ORDINARY.value,
        )
    )
