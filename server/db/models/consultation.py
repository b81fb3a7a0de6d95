"""A consultation: the case that exists before, during and after any call."""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import ID_CHARS, NAME_CHARS, Base, Id, Name
from signaling.messages import REASON_MAX_CHARS


class Consultation(Base):
    """One consultation as it stands now. ``reason`` is patient text: it is read only by participants."""

    __tablename__ = "consultation"

    id: Mapped[Id]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    site: Mapped[Name]
    station_name: Mapped[Name]
    urgency: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(REASON_MAX_CHARS))
    state: Mapped[str] = mapped_column(String(20), index=True)
    clinician_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    clinician_name: Mapped[str | None] = mapped_column(String(NAME_CHARS))
    requested_at: Mapped[float] = mapped_column(Double, index=True)
    accepted_at: Mapped[float | None] = mapped_column(Double)
    closed_at: Mapped[float | None] = mapped_column(Double)
    closed_by: Mapped[str | None] = mapped_column(String(ID_CHARS))
