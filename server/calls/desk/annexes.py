"""All annexes of the desk as one: what is told to one of them is told to each, in the order they were opened.

Owns: the list. Must never know what an annex does (annex.py is all it sees of one).
"""

from __future__ import annotations

import structlog

from server.calls.desk.annex import Annex
from server.people.principal import Principal
from server.platform.faults import where
from signaling.consultation import Consultation

log = structlog.get_logger(__name__)


class Annexes:
    """The rooms beside the desk; the meaning of each call is in annex.py."""

    def __init__(self) -> None:
        self._all: list[Annex] = []

    def add(self, annex: Annex) -> None:
        """Open one more."""
        self._all.append(annex)

    async def start(self) -> None:
        """Each takes up what was open when the process ended."""
        for annex in self._all:
            await annex.start()

    def has(self, participant_id: str) -> bool:
        """Whether somebody takes part in one of them."""
        return any(annex.has(participant_id) for annex in self._all)

    def opened(self, principal: Principal) -> None:
        """A page is there (again)."""
        for annex in self._all:
            annex.opened(principal)

    def offered(self, participant_id: str) -> None:
        """A new leg is in the place of the old one."""
        for annex in self._all:
            annex.offered(participant_id)

    def touched(self, participant_id: str) -> None:
        """Presence, link, or what is switched off has changed."""
        for annex in self._all:
            annex.touched(participant_id)

    async def given_up(self, participant_id: str, *, off_duty: bool) -> None:
        """Somebody is out of reach for good."""
        for annex in self._all:
            await annex.given_up(participant_id, off_duty=off_duty)

    async def consent_withdrawn(self, case_id: str) -> None:
        """A patient no longer agrees to be seen from afar."""
        for annex in self._all:
            await annex.consent_withdrawn(case_id)

    def moved(self, before: Consultation | None, after: Consultation) -> None:
        """A consultation has changed."""
        for annex in self._all:
            annex.moved(before, after)

    async def tidy(self) -> None:
        """Each writes what is to be written; one that cannot keeps no other from it."""
        for annex in self._all:
            try:
                await annex.tidy()
            except Exception as error:
                # What was decided stands; an annex tries again in some seconds.
                log.error("annex_not_tidy", **where(error))
