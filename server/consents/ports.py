"""What consents ask of the rest of the server: who takes part in a case, and what rests on an agreement.

Owns: the interfaces; cases, calls and mediators are behind them. Must never hold behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from server.consents.consent import Company, ConsentScope
from server.people.principal import Principal


@dataclass(frozen=True, slots=True)
class TakesPart:
    """What somebody is to a case, whether a yes to a recording can be kept for it, and who else is there."""

    part: StrEnum
    recordable: bool
    company: Company = Company.PAIR


class CasesPort(Protocol):
    """Asked of cases."""

    async def part_of(self, who: Principal, case_id: str, *, to_read: bool = False) -> TakesPart:
        """The station of the case, or a clinician who took it on. Raises Refusal (404) for all others alike.

        ``to_read``: raises Refusal (403) where a station has to be unlocked first.
        """

    async def may_take_back(self, who: Principal, case_id: str) -> None:
        """Raises Refusal (404) but for the station, and for clinicians who take part or took part."""

    async def end_parts(
        self, db: AsyncSession, case_id: str, scope: ConsentScope, recipient: str | None
    ) -> None:
        """In the transaction that takes this agreement back: whoever was let in on it is out."""

    async def resting_on(self, case_id: str, recipient: str) -> list[str]:
        """The cases that the agreement to this recipient holds."""


class CallsPort(Protocol):
    """Asked of calls."""

    async def consent_withdrawn(
        self, principal: Principal, consultation_id: str, *, refused: bool = False
    ) -> None:
        """The patient does not agree to be seen from afar: it is over. Raises signaling.errors.Refused.

        ``refused``: the patient never did.
        """


class MediatorsPort(Protocol):
    """Asked of mediators."""

    async def agreement_withdrawn(self, principal: Principal, case_id: str) -> None:
        """The patient does not agree to a mediator (any more): whoever is in goes, nobody is asked.

        Raises signaling.errors.Refused.
        """


CONSENTED: web.AppKey[CasesPort] = web.AppKey("consented")
