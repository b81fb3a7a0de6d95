"""One vital sign of a case, with its unit."""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Seconds


class VitalSign(Base):
    """One measurement. ``unit`` is a UCUM code; ``confirmed``: unusual, and the nurse said it is right."""

    __tablename__ = "vital_sign"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[float] = mapped_column(Double)
    unit: Mapped[str] = mapped_column(String(20))
    confirmed: Mapped[bool]
    measured_at: Mapped[Seconds]

    def __repr__(self) -> str:
        """Without the value, which is the patient's."""
        return f"<VitalSign {self.kind}>"
