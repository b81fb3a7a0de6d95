"""A seat of a group session. Its id is that of the case its consent hangs on; the pseudonym is not kept."""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base


class GroupSeat(Base):
    """One participant of one session, from being admitted until leaving."""

    __tablename__ = "group_seat"

    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("group_session.id"), index=True)
    admitted_at: Mapped[float | None] = mapped_column(Double)
    left_at: Mapped[float | None] = mapped_column(Double)
