"""Where the audit trail ends. Its one row is what writers queue at, and what shows a tail that was cut off."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import SHA256_HEX_CHARS, Base


class AuditHead(Base):
    """Sequence number and hash of the newest entry; sequence 0 and the hash of nothing before the first."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS))
