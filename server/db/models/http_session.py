"""A signed-in person or an enrolled station, as the server remembers it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Double, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import SHA256_HEX_CHARS, Base, Seconds


class HttpSession(Base):
    """One session. Only the SHA-256 of the cookie's token is kept: a stolen database signs nobody in."""

    __tablename__ = "http_session"
    __table_args__ = (CheckConstraint("(account_id IS NULL) <> (station_id IS NULL)", name="one_owner"),)

    token_sha256: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    station_id: Mapped[str | None] = mapped_column(ForeignKey("station.id"), index=True)
    created_at: Mapped[Seconds]
    last_seen_at: Mapped[Seconds]
    expires_at: Mapped[float] = mapped_column(Double, index=True)
