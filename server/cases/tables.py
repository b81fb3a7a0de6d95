"""The tables of cases: what a station wrote down, what hangs on it, and where the consultation of it stands.

Owns: the rows. Must never give a patient's words as a plain string, nor leave them readable on disk: such columns
are `Clinical`, sealed with the key of their case.
"""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from server.platform.database.base import (
    ID_CHARS,
    NAME_CHARS,
    SHA256_HEX_CHARS,
    Base,
    Id,
    Name,
    Seconds,
)
from server.platform.sealing.sealedrows import sealed_row
from server.platform.sealing.sealedtext import Clinical

CODE_CHARS = 40  # of our own tables: reasons, specialties, age bands


@sealed_row("id", "station_id", hashed={"patient_ref": "patient_ref_hash"})
class CaseFile(Base):
    """What the station wrote down of a patient, before any call; ``id`` is that of its consultation.

    ``red_flags`` holds codes with commas between; "" is "not said" in every other code. ``patient_ref_hash`` is
    what the reference is found by, however it is typed. Of an erased case nothing is left but that it was there.
    """

    __tablename__ = "case_file"
    __table_args__ = (
        Index("ix_case_file_station_id_opened_at", "station_id", "opened_at"),
        Index("ix_case_file_station_id_patient_ref_hash", "station_id", "patient_ref_hash"),
    )

    id: Mapped[Id]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"))
    kind: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[Seconds]
    patient_ref: Mapped[Clinical]
    patient_ref_hash: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS), default="", server_default="")
    age_band: Mapped[str] = mapped_column(String(CODE_CHARS))
    sex: Mapped[str] = mapped_column(String(10))
    reason_code: Mapped[str] = mapped_column(String(CODE_CHARS))
    reason_text: Mapped[Clinical]
    red_flags: Mapped[str] = mapped_column(String(500))
    urgency: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(10))
    gender_wish: Mapped[str] = mapped_column(String(10))
    mediator_wanted: Mapped[bool]
    specialty: Mapped[str] = mapped_column(String(CODE_CHARS))
    wanted_clinician_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    erased_at: Mapped[float | None] = mapped_column(Double)


@sealed_row("id")
class Consultation(Base):
    """Where the consultation of a case stands now: before, during and after any call.

    ``reason`` is patient text: it is read only by participants.
    """

    __tablename__ = "consultation"

    id: Mapped[Id]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    site: Mapped[Name]
    station_name: Mapped[Name]
    urgency: Mapped[str] = mapped_column(String(20))
    reason: Mapped[Clinical]
    state: Mapped[str] = mapped_column(String(20), index=True)
    clinician_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    clinician_name: Mapped[str | None] = mapped_column(String(NAME_CHARS))
    requested_at: Mapped[float] = mapped_column(Double, index=True)
    accepted_at: Mapped[float | None] = mapped_column(Double)
    closed_at: Mapped[float | None] = mapped_column(Double)
    closed_by: Mapped[str | None] = mapped_column(String(ID_CHARS))


class CaseParticipant(Base):
    """One person who was let into a case, from taking it on until the agreement to it ends. The station is none.

    ``recipient``: whom the agreement names that the part rests on; "": the patient agreed to be seen from afar.
    """

    __tablename__ = "case_participant"

    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(20))
    since: Mapped[Seconds]
    recipient: Mapped[str] = mapped_column(String(CODE_CHARS), server_default="")
    ended_at: Mapped[float | None] = mapped_column(Double)


class CaseRoute(Base):
    """One step of where a case was sent.

    ``why``: transfer or escalation; ``level`` counts an escalation's steps from 1.
    """

    __tablename__ = "case_route"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    why: Mapped[str] = mapped_column(String(20))
    level: Mapped[int]
    specialty: Mapped[str] = mapped_column(String(CODE_CHARS))
    clinician_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[Seconds]


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


class CasePhoto(Base):
    """What is known of one photo; the picture itself is a file.

    ``size_bytes`` and ``sha256`` are of what the station announced; ``stored_at``: whole.
    """

    __tablename__ = "case_photo"

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS))
    announced_at: Mapped[Seconds]
    stored_at: Mapped[float | None] = mapped_column(Double)


@sealed_row("case_id", "clinician_id", "written_at")
class CaseNote(Base):
    """What a clinician wrote. Never changed: a correction is a new note, and the newest counts.

    ``answer`` and ``advice`` are for the station and the patient; ``note`` is for clinicians.
    """

    __tablename__ = "case_note"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    clinician_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    answer: Mapped[Clinical]
    advice: Mapped[Clinical]
    note: Mapped[Clinical]
    written_at: Mapped[Seconds]


@sealed_row("case_id", "id", "recipient")
class Referral(Base):
    """A patient is sent on to somebody else, and agreed to it for that recipient.

    ``new_case_id``: the case it opened here; None for a programme outside this server.
    """

    __tablename__ = "referral"

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    recipient: Mapped[str] = mapped_column(String(CODE_CHARS))
    letter: Mapped[Clinical]
    written_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    written_at: Mapped[Seconds]
    new_case_id: Mapped[str | None] = mapped_column(ForeignKey("case_file.id"))


@sealed_row("case_id", "outcome", "reported_at")
class CaseOutcome(Base):
    """What became of a patient, as the station tells it days later; there may be several as time goes by."""

    __tablename__ = "case_outcome"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(20))
    words: Mapped[Clinical]
    reported_at: Mapped[Seconds]
