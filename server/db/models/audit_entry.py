"""One line of the audit trail. Rows are added and read, never changed: triggers refuse the rest."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import ID_CHARS, SHA256_HEX_CHARS, Base

ACT_CHARS = 40
# Eight facts of a name and an id each, in JSON.
FACTS_CHARS = 1000


class AuditEntry(Base):
    """One entry of the chain (server/audit/entry.py: Written). No foreign keys: it outlives what it tells of."""

    __tablename__ = "audit_entry"

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    act: Mapped[str] = mapped_column(String(ACT_CHARS))
    actor_id: Mapped[str] = mapped_column(String(ID_CHARS), index=True)
    actor_role: Mapped[str] = mapped_column(String(20))
    consultation_id: Mapped[str | None] = mapped_column(String(ID_CHARS), index=True)
    subject_id: Mapped[str | None] = mapped_column(String(ID_CHARS), index=True)
    facts: Mapped[str] = mapped_column(String(FACTS_CHARS))
    previous_hash: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS))
    hash: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS))
