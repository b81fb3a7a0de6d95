"""Cases with secrets in them, straight in a database."""

from __future__ import annotations

from sqlalchemy import select

from server.cases.tables import CaseFile, CaseNote
from server.platform.database.engine import DbSessions
from server.platform.redacted import Redacted

SECRETS = ("Hirondelle", "fièvre depuis trois jours", "paludisme", "ɲɛ dimi")


def a_case(case_id: str, ref: str = SECRETS[0]) -> CaseFile:
    return CaseFile(
        id=case_id, station_id="st_1", kind="ordinary", opened_at=1.5, patient_ref=Redacted(ref), age_band="",
        sex="", reason_code="", reason_text=Redacted(SECRETS[1]), red_flags="", urgency="green", language="",
        gender_wish="", mediator_wanted=False, specialty="",
    )  # fmt: skip


def a_note(case_id: str, answer: str = SECRETS[2], at: float = 2.25) -> CaseNote:
    return CaseNote(
        case_id=case_id, clinician_id="ac_1", answer=Redacted(answer), advice=Redacted(""),
        note=Redacted(SECRETS[3]), written_at=at,
    )  # fmt: skip


async def notes(database: DbSessions, case_id: str) -> list[CaseNote]:
    async with database() as db:
        query = select(CaseNote).where(CaseNote.case_id == case_id).order_by(CaseNote.id)
        return list(await db.scalars(query))
