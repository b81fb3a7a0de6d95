"""The table of consents: for what, for whom, told in which words, by whom and how.

Owns: the rows. Must never lose an answer: a new one is a new row.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from server.platform.database.base import (
    ID_CHARS,
    Base,
    Id,
    Seconds,
)
from server.platform.redacted import Redacted
from server.platform.sealing.sealedrows import sealed_row
from server.platform.sealing.sealedtext import Clinical, ClinicalText


@sealed_row("consultation_id", "id", "scope", "recipient")
class Consent(Base):
    """One answer of a patient. A new answer is a new row; only its withdrawal is ever added to a row.

    ``giver_name`` and ``explained_by`` are names of people.
    """

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_consultation_id_scope", "consultation_id", "scope", "recipient"),)

    id: Mapped[Id]
    consultation_id: Mapped[str] = mapped_column(String(ID_CHARS))
    scope: Mapped[str] = mapped_column(String(20))
    # Whom a referral goes to; empty for the other scopes, so that the index can serve equality.
    recipient: Mapped[str] = mapped_column(String(ID_CHARS))
    given: Mapped[bool]
    language: Mapped[str] = mapped_column(String(20))
    text_id: Mapped[str] = mapped_column(String(ID_CHARS))
    how: Mapped[str] = mapped_column(String(20))
    giver: Mapped[str] = mapped_column(String(20))
    giver_name: Mapped[Redacted | None] = mapped_column(ClinicalText)
    explained_by: Mapped[Clinical]
    recorded_by: Mapped[str] = mapped_column(String(ID_CHARS))
    recorded_at: Mapped[Seconds]
    # Its entry in the audit trail; also the order of answers, which a clock cannot promise.
    audit_sequence: Mapped[int] = mapped_column(BigInteger)
    withdrawn_at: Mapped[float | None] = mapped_column(Double)
    withdrawn_by: Mapped[str | None] = mapped_column(String(ID_CHARS))
