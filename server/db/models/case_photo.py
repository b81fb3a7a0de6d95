"""A photo of a case. The picture itself is a file; here is what is known of it."""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import SHA256_HEX_CHARS, Base, Id, Seconds


class CasePhoto(Base):
    """One photo. ``size_bytes`` and ``sha256`` are of what the station announced; ``stored_at``: whole."""

    __tablename__ = "case_photo"

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS))
    announced_at: Mapped[Seconds]
    stored_at: Mapped[float | None] = mapped_column(Double)
