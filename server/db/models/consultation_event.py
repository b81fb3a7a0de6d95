"""One change of a consultation, kept for good: who held it and in which state, from when on."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Seconds


class ConsultationEvent(Base):
    """One line of a consultation's history. Carries no patient text."""

    __tablename__ = "consultation_event"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultation.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    clinician_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[Seconds]
