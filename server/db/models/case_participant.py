"""Who was let into a case, other than the station that opened it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Seconds


class CaseParticipant(Base):
    """One person in one case, from the moment of taking it on."""

    __tablename__ = "case_participant"

    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(20))
    since: Mapped[Seconds]
