"""A one-time code that turns a browser into a station."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import SHA256_HEX_CHARS, Base, Seconds


class EnrolmentCode(Base):
    """One code, kept as a slow hash (scrypt, RFC 7914) and only until it is used or replaced."""

    __tablename__ = "enrolment_code"

    code_scrypt: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS), primary_key=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    created_at: Mapped[Seconds]
    expires_at: Mapped[Seconds]
