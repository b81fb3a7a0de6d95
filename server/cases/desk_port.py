"""What cases ask of the desk, where consultations live (server/calls is behind it).

Owns: the interface and its key. Must never hold behaviour.
"""

from __future__ import annotations

from typing import Protocol

from aiohttp import web

from server.people.principal import Principal
from signaling.messages import CaseNews
from signaling.routing import Wishes


class DeskPort(Protocol):
    """The live side of a case. Raises signaling.errors.Refused for what cannot be done now."""

    async def transfer(self, principal: Principal, consultation_id: str, wishes: Wishes) -> None:
        """The clinician in charge hands the patient over."""

    async def finish(self, principal: Principal, consultation_id: str) -> None:
        """It is over for the patient, in a call or before; nothing happens when it is not open."""

    def tell_news(self, clinician_id: str, news: CaseNews) -> None:
        """A clinician hears of a patient treated before; one who is not here finds it later."""


DESK: web.AppKey[DeskPort] = web.AppKey("desk")
