"""A station: the shared kiosk device of a site. It is enrolled; it is not a person."""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Id, Name, Seconds


class Station(Base):
    """One kiosk; its name is unique within its site.

    ``public_key`` is the ECDSA P-256 key that the kiosk made when it was enrolled (base64 of its
    SubjectPublicKeyInfo); without one, nobody is this station. Enrolling anew and revoking change it.
    """

    __tablename__ = "station"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[Id]
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    name: Mapped[Name]
    created_at: Mapped[Seconds]
    public_key: Mapped[str | None] = mapped_column(String(200))
    enrolled_at: Mapped[float | None] = mapped_column(Double)
