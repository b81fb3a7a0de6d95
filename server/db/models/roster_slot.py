"""When somebody is on duty, every week."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Id
from server.db.models.case_file import CODE_CHARS


class RosterSlot(Base):
    """One weekly slot in UTC, which is the time of Bamako; ``weekday`` 0 is Monday. It may end on the next day."""

    __tablename__ = "roster_slot"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("start_minute BETWEEN 0 AND 1439", name="start"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="length"),
    )

    id: Mapped[Id]
    clinician_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    specialty: Mapped[str] = mapped_column(String(CODE_CHARS))
    weekday: Mapped[int]
    start_minute: Mapped[int]
    minutes: Mapped[int]
