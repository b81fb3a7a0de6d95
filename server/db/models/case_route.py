"""Where a case was sent, and why: the history of its routing."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Seconds
from server.db.models.case_file import CODE_CHARS


class CaseRoute(Base):
    """One step. ``why``: transfer or escalation; ``level`` counts an escalation's steps from 1."""

    __tablename__ = "case_route"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    why: Mapped[str] = mapped_column(String(20))
    level: Mapped[int]
    specialty: Mapped[str] = mapped_column(String(CODE_CHARS))
    clinician_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[Seconds]
