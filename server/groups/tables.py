"""The tables of group sessions: who led them, and which seats were taken.

Owns: the rows. Must never keep a pseudonym: who said what under which name is nowhere.
"""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from server.platform.database.base import Base, Id, Seconds

CODE_MAX_CHARS = 12


class GroupSession(Base):
    """One session of one host, from when to when. ``code``: what people type for a seat, while it is open."""

    __tablename__ = "group_session"

    id: Mapped[Id]
    host_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    opened_at: Mapped[Seconds]
    closed_at: Mapped[float | None] = mapped_column(Double)
    code: Mapped[str | None] = mapped_column(String(CODE_MAX_CHARS))


class GroupSeat(Base):
    """One seat of one session, from being admitted until leaving.

    ``case_id`` is the case that the participant's consent hangs on; the pseudonym is not kept. ``silenced``: by the
    host, who alone ends it.
    """

    __tablename__ = "group_seat"

    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("group_session.id"), index=True)
    admitted_at: Mapped[float | None] = mapped_column(Double)
    left_at: Mapped[float | None] = mapped_column(Double)
    silenced: Mapped[bool] = mapped_column(default=False, server_default=false())
