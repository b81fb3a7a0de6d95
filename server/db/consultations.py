"""Consultations on disk: the store behind server/consultations.py.

Owns: writing a record and its history in one transaction, and reading back what is still open. `save`
returns only when the database has it for good; nobody may be told of a state that is not saved.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from sqlalchemy import select

from server.db.engine import DbSessions
from server.db.models import Consultation, ConsultationEvent
from signaling.consultation import ConsultationRecord
from signaling.messages import ConsultationState, Urgency
from signaling.states import FINAL


class DatabaseConsultationStore:
    """The store on SQLAlchemy. ``clock`` gives UTC seconds as `time.time` does."""

    def __init__(self, database: DbSessions, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def save(self, record: ConsultationRecord) -> None:
        """Write the consultation as it is now, and one line of its history."""
        async with self._database.begin() as db:
            await db.merge(_row(record))
            await db.flush()
            db.add(
                ConsultationEvent(
                    consultation_id=record.consultation_id,
                    state=record.state.value,
                    clinician_id=record.clinician_id,
                    at=self._clock(),
                )
            )

    async def load_open(self) -> list[ConsultationRecord]:
        """Every consultation that is neither closed nor cancelled, longest waiting first."""
        query = (
            select(Consultation)
            .where(Consultation.state.not_in([state.value for state in FINAL]))
            .order_by(Consultation.requested_at, Consultation.id)
        )
        async with self._database() as db:
            return [_record(row) for row in await db.scalars(query)]


def _row(record: ConsultationRecord) -> Consultation:
    values = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    values["id"] = values.pop("consultation_id")
    values["state"] = record.state.value
    values["urgency"] = record.urgency.value
    return Consultation(**values)


def _record(row: Consultation) -> ConsultationRecord:
    return ConsultationRecord(
        consultation_id=row.id,
        station_id=row.station_id,
        station_name=row.station_name,
        site=row.site,
        urgency=Urgency(row.urgency),
        reason=row.reason,
        state=ConsultationState(row.state),
        requested_at=row.requested_at,
        clinician_id=row.clinician_id,
        clinician_name=row.clinician_name,
        accepted_at=row.accepted_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )
