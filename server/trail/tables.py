"""The tables of the audit trail: its entries, and where it ends.

Owns: the rows. Rows are added and read, never changed: triggers of the database refuse the rest.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from server.platform.database.base import ID_CHARS, SHA256_HEX_CHARS, Base

ACT_CHARS = 40
# Eight facts of a name and an id each, in JSON.
FACTS_CHARS = 1000


class AuditEntry(Base):
    """One entry of the chain (server/trail/entry.py: Written). No foreign keys: it outlives what it tells of."""

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


class AuditHead(Base):
    """Sequence number and hash of the newest entry; sequence 0 and the hash of nothing before the first.

    Its one row is what writers queue at, and what shows a tail that was cut off.
    """

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS))
