"""What became of a patient, told by the station some days later."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Seconds
from server.db.clinical import Clinical


class CaseOutcome(Base):
    """One report; there may be several as time goes by."""

    __tablename__ = "case_outcome"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(20))
    words: Mapped[Clinical]
    reported_at: Mapped[Seconds]
