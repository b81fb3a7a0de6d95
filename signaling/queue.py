"""The order of waiting consultations: urgency first, then waiting time.

Owns: the order and the waiting times. Must never hold state or read a clock. The order is total (equal ones are in
order of their identifiers), so it is the same on every screen and after a restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from signaling.consultation import ConsultationRecord
from signaling.messages import Urgency

RANK: Mapping[Urgency, int] = {Urgency.RED: 0, Urgency.ORANGE: 1, Urgency.GREEN: 2}


def order(waiting: Iterable[ConsultationRecord]) -> list[ConsultationRecord]:
    """Most urgent first, then the earliest request; a patient who returns keeps the time of the request."""
    return sorted(waiting, key=lambda r: (RANK[r.urgency], r.requested_at, r.consultation_id))


def waiting_s(record: ConsultationRecord, now: float) -> int:
    """Whole seconds since the request; never negative, even when the wall clock steps back."""
    return max(0, int(now - record.requested_at))
