"""The tables of mediators: their part in cases, and what they account for afterwards.

Owns: the rows. Must never carry anything a patient said.
"""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.platform.database.base import (
    ID_CHARS,
    Base,
    Id,
    Seconds,
)


class Mediation(Base):
    """An invitation and what became of it. ``state``: signaling.messages.MediationState.

    The pledge stands in this row: who joined without one cannot be written (``pledge_text_id`` is its text and
    version, ``pledge_language`` the language it was read in).
    """

    __tablename__ = "mediation"

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    mediator_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    invited_by: Mapped[str] = mapped_column(String(ID_CHARS))
    invited_at: Mapped[Seconds]
    state: Mapped[str] = mapped_column(String(20))
    pledge_text_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    pledge_language: Mapped[str | None] = mapped_column(String(20))
    joined_at: Mapped[float | None] = mapped_column(Double)
    left_at: Mapped[float | None] = mapped_column(Double)


class MediationReport(Base):
    """What a mediator accounts for afterwards: time and language.

    ``minutes`` is the time it took all in all, as the mediator tells it.
    """

    __tablename__ = "mediation_report"

    mediation_id: Mapped[str] = mapped_column(ForeignKey("mediation.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(10))
    minutes: Mapped[int]
    reported_at: Mapped[Seconds]


class MediationBlockage(Base):
    """What stood in a patient's way: a code of server.mediators.vocabulary.Blockage, never words."""

    __tablename__ = "mediation_blockage"

    mediation_id: Mapped[str] = mapped_column(ForeignKey("mediation_report.mediation_id"), primary_key=True)
    blockage: Mapped[str] = mapped_column(String(20), primary_key=True, index=True)
