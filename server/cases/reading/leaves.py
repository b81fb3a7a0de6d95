"""What hangs on a case, and where it stands, out of the database.

Owns: the queries. Must never be asked before `access.opened` has said yes.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.reading.views import Leaves, Place
from server.cases.tables import CaseFile, CaseNote, CaseOutcome, CasePhoto, Consultation, Referral, VitalSign
from server.people.tables import Account, Site, Station

# A case that was never asked for.
OPEN = "open"


async def place_of(db: AsyncSession, case: CaseFile) -> Place:
    """Site, station, and the state of its consultation."""
    query = select(Station.name, Site.name).join(Site, Site.id == Station.site_id)
    station, site = (await db.execute(query.where(Station.id == case.station_id))).one()
    consultation = await db.get(Consultation, case.id)
    if consultation is None:
        return Place(site, station, OPEN, "")
    return Place(site, station, consultation.state, consultation.clinician_name or "")


async def leaves_of(db: AsyncSession, case_id: str) -> Leaves:
    """Vital signs, photos, notes, referrals and outcomes, oldest first."""
    notes = await db.execute(
        select(CaseNote, Account.name)
        .join(Account, Account.id == CaseNote.clinician_id)
        .where(CaseNote.case_id == case_id)
        .order_by(CaseNote.id)
    )
    return Leaves(
        vitals=(
            await db.scalars(select(VitalSign).where(VitalSign.case_id == case_id).order_by(VitalSign.id))
        ).all(),
        photos=(
            await db.scalars(
                select(CasePhoto).where(CasePhoto.case_id == case_id).order_by(CasePhoto.announced_at)
            )
        ).all(),
        notes=[(note, name) for note, name in notes],
        referrals=(
            await db.scalars(
                select(Referral).where(Referral.case_id == case_id).order_by(Referral.written_at)
            )
        ).all(),
        outcomes=(
            await db.scalars(
                select(CaseOutcome).where(CaseOutcome.case_id == case_id).order_by(CaseOutcome.id)
            )
        ).all(),
    )
