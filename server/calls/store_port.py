"""The interface of the desk to the store.

Owns: the interface (server/calls/store.py implements it). Must never hold behaviour.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from server.calls.callmeter import CallUse
from server.people.principal import Principal
from server.rosters.expectedwait import ExpectedWait
from signaling.consultation import ConsultationRecord
from signaling.messages import Urgency
from signaling.routing import OfferWidth, Skills, Wishes


class Ended(Enum):
    """What of an open consultation is over on disk."""

    AGREEMENT = "agreement"  # the patient took it back
    CLINICIAN = "clinician"  # whoever is in charge is no clinician any more


class ConsultationStore(Protocol):
    """The store of consultations, with the parts of cases and accounts that the desk needs."""

    async def save(self, record: ConsultationRecord, by: Principal | None = None) -> None:
        """Write a consultation and its trail entry; ``by`` None: the server acted. It is on disk on return.

        Raises signaling.errors.Refused if it may not be written, for example without consent.
        """

    async def load_open(self) -> list[ConsultationRecord]:
        """Every consultation that is neither closed nor cancelled."""

    async def ended_meanwhile(self, record: ConsultationRecord) -> Ended | None:
        """What ended of an open consultation, on disk already, when the process could not carry it out."""

    async def case(self, case_id: str, station_id: str) -> tuple[Urgency, Wishes] | None:
        """Urgency and wishes of a case of this station that has no consultation yet; None: there is none."""

    async def usual_wishes(self, station_id: str) -> Wishes:
        """The wishes of a request without a case from this station."""

    async def skills(self, clinician_id: str) -> Skills:
        """Specialties, languages and gender of a clinician."""

    async def keep_duty(self, participant_id: str, *, on: bool) -> None:
        """A clinician or a mediator is on duty, or no longer."""

    async def on_duty(self) -> list[Principal]:
        """Everybody who was on duty when the process ended."""

    async def expected_wait(self, record: ConsultationRecord) -> ExpectedWait:
        """The expected wait of a consultation."""

    async def keep_use(self, use: CallUse) -> None:
        """Write the use of a participant's part of a call; of a survivor-safe case nothing is written."""

    async def escalated(self, record: ConsultationRecord, step: OfferWidth) -> None:
        """Write that the offer of a red case was widened to this step; each step is written once."""
