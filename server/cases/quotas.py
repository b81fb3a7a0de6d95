"""How many cases, photos and writings there may be: no page fills the disk or the trail.

Owns: these bounds, each with its reason. Must never tell of other sites: a refusal says that one's own day is full.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.errors import CaseRefused
from server.cases.tables import CaseFile, CaseNote, CaseOutcome, CasePhoto, Referral
from server.people.tables import Station

DAY_S = 24 * 3600
# A nurse sees thirty to sixty patients on a full day; a day of vaccination or an outbreak is three times that.
CASES_PER_STATION = 200
CASES_PER_SITE = 500
# Two hundred photos at the largest, or a thousand of the usual size: more than anybody looks at in a day.
PHOTO_BYTES_PER_SITE = 60_000_000
# A long stay, written to several times a day; each is read whole with the case, on a thin link.
NOTES_PER_CASE = 100
OUTCOMES_PER_CASE = 50
# Ten programmes and specialties there are; some are tried twice.
REFERRALS_PER_CASE = 20
# A patient who walks from one post to another is met a few times a day. Whoever asks for one name after another is
# told of five, and of three in an hour after that.
OPEN_TOLD = 5
OPEN_TOLD_EVERY_S = 1_200.0


async def room_for_case(db: AsyncSession, station_id: str, site_id: str, now: float) -> None:
    """Raises CaseRefused when this station or its site has opened enough for a day."""
    since = CaseFile.opened_at > now - DAY_S
    of_station = select(func.count()).where(CaseFile.station_id == station_id, since)
    stations = select(Station.id).where(Station.site_id == site_id)
    of_site = select(func.count()).where(CaseFile.station_id.in_(stations), since)
    for query, most in ((of_station, CASES_PER_STATION), (of_site, CASES_PER_SITE)):
        if (await db.scalar(query) or 0) >= most:
            raise CaseRefused("case_quota")


async def room_for_photo(db: AsyncSession, station_id: str, size_bytes: int, now: float) -> None:
    """Raises CaseRefused when a site's photos of a day are enough."""
    site_id = select(Station.site_id).where(Station.id == station_id).scalar_subquery()
    query = (
        select(func.coalesce(func.sum(CasePhoto.size_bytes), 0))
        .join(CaseFile, CaseFile.id == CasePhoto.case_id)
        .where(
            CaseFile.station_id.in_(select(Station.id).where(Station.site_id == site_id)),
            CaseFile.opened_at > now - 2 * DAY_S,
            CasePhoto.announced_at > now - DAY_S,
        )
    )
    if int(await db.scalar(query) or 0) + size_bytes > PHOTO_BYTES_PER_SITE:
        raise CaseRefused("photo_quota")


async def room_in_case(
    db: AsyncSession, case_id: str, kind: type[CaseNote] | type[CaseOutcome] | type[Referral]
) -> None:
    """Raises CaseRefused when a case holds enough of this kind."""
    most = {CaseNote: NOTES_PER_CASE, CaseOutcome: OUTCOMES_PER_CASE, Referral: REFERRALS_PER_CASE}[kind]
    if (await db.scalar(select(func.count()).where(kind.case_id == case_id)) or 0) >= most:
        raise CaseRefused("case_full")
