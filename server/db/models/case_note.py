"""What a clinician wrote in a case. Never changed: a correction is a new note, and the newest counts."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Seconds
from server.db.clinical import Clinical


class CaseNote(Base):
    """``answer`` and ``advice`` are for the station and the patient; ``note`` is for clinicians."""

    __tablename__ = "case_note"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    clinician_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    answer: Mapped[Clinical]
    advice: Mapped[Clinical]
    note: Mapped[Clinical]
    written_at: Mapped[Seconds]
