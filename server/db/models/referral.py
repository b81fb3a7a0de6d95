"""A referral: a patient is sent on to somebody else, who agreed to it for that recipient."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Id, Seconds
from server.db.clinical import Clinical
from server.db.models.case_file import CODE_CHARS


class Referral(Base):
    """One referral. ``new_case_id``: the case it opened here; None for a programme outside this server."""

    __tablename__ = "referral"

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    recipient: Mapped[str] = mapped_column(String(CODE_CHARS))
    letter: Mapped[Clinical]
    written_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    written_at: Mapped[Seconds]
    new_case_id: Mapped[str | None] = mapped_column(ForeignKey("case_file.id"))
