"""What stood in a patient's way, as a mediator met it: a code, never words."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base


class MediationBlockage(Base):
    """One blockage of one report (server.mediators.vocabulary.Blockage)."""

    __tablename__ = "mediation_blockage"

    mediation_id: Mapped[str] = mapped_column(ForeignKey("mediation_report.mediation_id"), primary_key=True)
    blockage: Mapped[str] = mapped_column(String(20), primary_key=True, index=True)
