"""A change of the roster for once: somebody away, or somebody standing in."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Id, Seconds


class RosterException(Base):
    """From ``starts_at`` until before ``ends_at`` this person is on duty, or is not, whatever the week says."""

    __tablename__ = "roster_exception"

    id: Mapped[Id]
    clinician_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    on_duty: Mapped[bool]
    starts_at: Mapped[Seconds]
    ends_at: Mapped[Seconds]
