"""What a mediator accounts for afterwards: time and language. What stood in the way is in `mediation_blockage`."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Seconds


class MediationReport(Base):
    """One record of one mediation. ``minutes`` is the time it took all in all, as the mediator tells it."""

    __tablename__ = "mediation_report"

    mediation_id: Mapped[str] = mapped_column(ForeignKey("mediation.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(10))
    minutes: Mapped[int]
    reported_at: Mapped[Seconds]
