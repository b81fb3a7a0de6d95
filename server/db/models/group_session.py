"""A group session: who led it, and from when to when. Who said what under which name is nowhere."""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Id, Seconds


class GroupSession(Base):
    """One session of one host."""

    __tablename__ = "group_session"

    id: Mapped[Id]
    host_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    opened_at: Mapped[Seconds]
    closed_at: Mapped[float | None] = mapped_column(Double)
