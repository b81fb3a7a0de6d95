"""What a clinician answers for."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base


class AccountSpecialty(Base):
    """One specialty of one clinician (server.auth.profile.Specialty)."""

    __tablename__ = "account_specialty"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    specialty: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)
