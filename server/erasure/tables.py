"""The tables of keeping: how long cases of a kind are kept at a site, and which are held.

Owns: the rows. Must never carry anything about a patient: why a case is held is sealed with its key.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.platform.database.base import ID_CHARS, Base, Seconds
from server.platform.sealing.sealedrows import sealed_row
from server.platform.sealing.sealedtext import Clinical


class RetentionRule(Base):
    """Cases of this kind at this site are erased so many days after their last event; ``site_id`` "": elsewhere."""

    __tablename__ = "retention_rule"

    site_id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    days: Mapped[int]


@sealed_row("case_id", "since")
class CaseHold(Base):
    """A case that must be kept, such as for a court; until the row goes, nobody erases it."""

    __tablename__ = "case_hold"

    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    why: Mapped[Clinical]
    since: Mapped[Seconds]
