"""What the desk asks of the disk.

Owns: the interface (server/calls/store.py is behind it). Must never hold behaviour.
"""

from __future__ import annotations

from typing import Protocol

from server.calls.callmeter import CallUse
from server.people.principal import Principal
from server.rosters.expectedwait import ExpectedWait
from signaling.consultation import ConsultationRecord
from signaling.messages import Urgency
from signaling.routing import OfferWidth, Skills, Wishes


class ConsultationStore(Protocol):
    """Where consultations are kept, and what is known of their cases and of who answers."""

    async def save(self, record: ConsultationRecord, by: Principal | None = None) -> None:
        """Write it, with the trail of who did it (None: the server by itself); on disk when this returns.

        Raises signaling.errors.Refused for what may not be written, such as a call nobody consented to.
        """

    async def load_open(self) -> list[ConsultationRecord]:
        """Every consultation that is neither closed nor cancelled."""

    async def case(self, case_id: str, station_id: str) -> tuple[Urgency, Wishes] | None:
        """Colour and wishes of a case of this station that has not been asked for yet; None: there is none."""

    async def usual_wishes(self, station_id: str) -> Wishes:
        """Where a request without a case of this station goes."""

    async def skills(self, clinician_id: str) -> Skills:
        """What is known of a clinician."""

    async def expected_wait(self, record: ConsultationRecord) -> ExpectedWait:
        """What may be said of the wait of this one."""

    async def keep_use(self, use: CallUse) -> None:
        """What somebody's part of a call took; nothing is kept of a survivor-safe case."""

    async def escalated(self, record: ConsultationRecord, step: OfferWidth) -> None:
        """A red case waits so long that its offer was widened to this step; written once a step."""
