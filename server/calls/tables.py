"""The tables of calls: the history of each consultation, the use of each part of a call, and who is on duty.

Owns: the rows. Must never contain a patient's words. The table of consultations is in server/cases/tables.py.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Double, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from server.platform.database.base import ID_CHARS, Base, Seconds

# Seven rungs of at most ten letters and six digits, as JSON.
RUNGS_CHARS = 200


class ConsultationEvent(Base):
    """One change of a consultation, never deleted: its state, its clinician, and the time of the change."""

    __tablename__ = "consultation_event"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultation.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    clinician_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[Seconds]


class OnDuty(Base):
    """Who is on duty now, so that a restart changes nothing of it; what it was before is kept nowhere."""

    __tablename__ = "on_duty"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)


class CallLeg(Base):
    """One participant's part of a call (server/calls/callmeter.py: CallUse).

    ``price_per_gb``: the price of that day, so that old calls keep their cost. There are no foreign keys: the row
    is written in the background, and must not keep a call from ending.
    """

    __tablename__ = "call_leg"
    __table_args__ = (Index("ix_call_leg_participant_id_began_at", "participant_id", "began_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    consultation_id: Mapped[str] = mapped_column(String(ID_CHARS), index=True)
    participant_id: Mapped[str] = mapped_column(String(ID_CHARS))
    began_at: Mapped[Seconds]
    ended_at: Mapped[Seconds]
    down_bytes: Mapped[int] = mapped_column(BigInteger)
    up_bytes: Mapped[int] = mapped_column(BigInteger)
    rtt_median_ms: Mapped[int | None]
    loss_ratio: Mapped[float | None] = mapped_column(Double)
    outages: Mapped[int]
    rung_seconds: Mapped[str] = mapped_column(String(RUNGS_CHARS))
    price_per_gb: Mapped[int]
