"""The order of waiting consultations: urgency first, then waiting time.

Owns: the order, positions and waiting times. Must never hold state or read a clock. The order is total (ties
go by identifier), so it is the same on every screen and after a restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from signaling.consultation import ConsultationRecord
from signaling.messages import Urgency

RANK: Mapping[Urgency, int] = {Urgency.RED: 0, Urgency.ORANGE: 1, Urgency.GREEN: 2}


def order(waiting: Iterable[ConsultationRecord]) -> list[ConsultationRecord]:
    """Most urgent first, then the earliest request; a patient who returns keeps the time of the request."""
    return sorted(waiting, key=lambda r: (RANK[r.urgency], r.requested_at, r.consultation_id))


def position(ordered: Iterable[ConsultationRecord], consultation_id: str) -> int | None:
    """The place of a consultation in the queue, counting from 1; None if it is not waiting."""
    return next((n for n, r in enumerate(ordered, 1) if r.consultation_id == consultation_id), None)


def waiting_s(record: ConsultationRecord, now: float) -> int:
    """Whole seconds since the request; never negative, even when the wall clock steps back."""
    return max(0, int(now - record.requested_at))
