"""A station: the shared kiosk device of a site. It is enrolled; it is not a person."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Id, Name, Seconds


class Station(Base):
    """One kiosk; its name is unique within its site."""

    __tablename__ = "station"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[Id]
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    name: Mapped[Name]
    created_at: Mapped[Seconds]
