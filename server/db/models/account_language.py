"""What a clinician or a mediator speaks."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base


class AccountLanguage(Base):
    """One language of one person (server.auth.profile.Spoken)."""

    __tablename__ = "account_language"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(10), primary_key=True, index=True)
