"""The tables of the roster: the week, and its exceptions.

Owns: the rows. Must never say who is on duty now: the desk does.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.cases.tables import CODE_CHARS
from server.platform.database.base import Base, Id, Seconds


class RosterSlot(Base):
    """When somebody is on duty, every week, in UTC, which is the time of Bamako.

    ``weekday`` 0 is Monday. A slot may end on the next day.
    """

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


class RosterException(Base):
    """A change of the roster for once: somebody away, or somebody standing in.

    From ``starts_at`` until before ``ends_at`` this person is on duty, or is not, whatever the week says.
    """

    __tablename__ = "roster_exception"

    id: Mapped[Id]
    clinician_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    on_duty: Mapped[bool]
    starts_at: Mapped[Seconds]
    ends_at: Mapped[Seconds]
