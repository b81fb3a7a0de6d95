"""A signed-in person or an enrolled station, as the server remembers it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Double, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import ID_CHARS, SHA256_HEX_CHARS, Base, Seconds


class HttpSession(Base):
    """One session. Only the SHA-256 of the cookie's token is kept: a stolen database signs nobody in.

    ``id`` names it in lists. ``device`` is a few words such as "Firefox, Android". A person's session is whole
    once ``second_factor_at`` is set; ``proven_at`` is when they last typed a password or came from a provider.
    """

    __tablename__ = "http_session"
    __table_args__ = (CheckConstraint("(account_id IS NULL) <> (station_id IS NULL)", name="one_owner"),)

    token_sha256: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS), primary_key=True)
    id: Mapped[str] = mapped_column(String(ID_CHARS), unique=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    station_id: Mapped[str | None] = mapped_column(ForeignKey("station.id"), index=True)
    created_at: Mapped[Seconds]
    last_seen_at: Mapped[Seconds]
    expires_at: Mapped[float] = mapped_column(Double, index=True)
    device: Mapped[str] = mapped_column(String(100), default="", server_default="")
    proven_at: Mapped[float] = mapped_column(Double, default=0.0, server_default="0")
    second_factor_at: Mapped[float | None] = mapped_column(Double)
