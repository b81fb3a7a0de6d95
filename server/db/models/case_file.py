"""A case: what the station wrote down of a patient, before any call. Its id is that of its consultation."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Id, Seconds
from server.db.clinical import Clinical

CODE_CHARS = 40  # of our own tables: reasons, specialties, age bands


class CaseFile(Base):
    """One case. ``red_flags`` holds codes with commas between; "" is "not said" in every other code."""

    __tablename__ = "case_file"
    __table_args__ = (Index("ix_case_file_station_id_opened_at", "station_id", "opened_at"),)

    id: Mapped[Id]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"))
    kind: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[Seconds]
    patient_ref: Mapped[Clinical]
    age_band: Mapped[str] = mapped_column(String(CODE_CHARS))
    sex: Mapped[str] = mapped_column(String(10))
    reason_code: Mapped[str] = mapped_column(String(CODE_CHARS))
    reason_text: Mapped[Clinical]
    red_flags: Mapped[str] = mapped_column(String(500))
    urgency: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(10))
    gender_wish: Mapped[str] = mapped_column(String(10))
    mediator_wanted: Mapped[bool]
    specialty: Mapped[str] = mapped_column(String(CODE_CHARS))
    wanted_clinician_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("case_file.id"), index=True)
