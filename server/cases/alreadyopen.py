"""A patient whose case is open already: at another post of the site, or at this one a moment ago.

Owns: looking for such a case. Must never tell of a survivor-safe case, nor of one at another site, nor at which
post somebody is or since when: whoever types a name at an open kiosk may be whom the patient is hiding from.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.errors import AlreadyOpen
from server.cases.tables import CaseFile, Consultation
from server.cases.vocabulary import Kind
from server.people.errors import MustWait
from server.people.principal import Principal
from server.people.signin.tries import Tries
from server.people.tables import Station
from signaling.messages import ConsultationState

# Numbers of a register come back with their patients: an older case without an end is another visit.
SAME_VISIT_S = 24 * 3600
OVER = (ConsultationState.CLOSED.value, ConsultationState.CANCELLED.value)


async def refuse_second(db: AsyncSession, case: CaseFile, who: Principal, told: Tries) -> None:
    """Raise AlreadyOpen when another case of this patient is not over yet; this one is written, not committed.

    ``told``: how often this station may still be told of cases that it has no way to. Then it is told of none, and
    the case is opened: a wait would tell as much, and would keep a patient waiting.
    """
    if not case.patient_ref_hash or case.kind != Kind.ORDINARY.value:
        return
    site = select(Station.site_id).where(Station.id == case.station_id).scalar_subquery()
    query = (
        select(CaseFile, Station.name)
        .join(Station, Station.id == CaseFile.station_id)
        .outerjoin(Consultation, Consultation.id == CaseFile.id)
        .where(
            CaseFile.patient_ref_hash == case.patient_ref_hash,
            CaseFile.id != case.id,
            CaseFile.kind == Kind.ORDINARY.value,
            CaseFile.opened_at > case.opened_at - SAME_VISIT_S,
            Station.site_id == site,
            or_(Consultation.id.is_(None), Consultation.state.not_in(OVER)),
        )
        .order_by((CaseFile.station_id == case.station_id).desc(), CaseFile.opened_at.desc())
        .limit(1)
    )
    found = (await db.execute(query)).first()
    if found is None:
        return
    known, name = found
    # A station that its PIN locks stands among many hands.
    if known.station_id == who.participant_id and not who.reads_since:
        raise AlreadyOpen(more={"case_id": known.id, "station": name, "opened_at": known.opened_at})
    try:
        told.begin(who.participant_id)
    except MustWait:
        return
    raise AlreadyOpen(about=known.id, more={"case_id": ""})
