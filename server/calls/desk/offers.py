"""What time brings to those who wait: offers widen, and a red case is escalated, on disk first.

Owns: to which step each red case was escalated, and that each step is written once. Must never decide who is
offered what: that is signaling/routing.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from server.calls.desk.annexes import Annexes
from server.calls.desk.board import Board
from server.calls.desk.screens import Screens
from server.calls.store_port import ConsultationStore
from signaling.consultation import ConsultationRecord
from signaling.messages import Urgency
from signaling.pairing import Pairing
from signaling.routing import Step, step

log = structlog.get_logger(__name__)

# The shortest step of an offer is 30 s; a sixth of it is late for nobody.
ROUTE_EVERY_S = 5.0


class Offers:
    """Widens offers. ``lock`` is the desk's, ``clock`` gives UTC seconds."""

    def __init__(
        self,
        pairing: Pairing,
        store: ConsultationStore,
        *,
        board: Board,
        screens: Screens,
        annexes: Annexes,
        lock: asyncio.Lock,
        clock: Callable[[], float],
    ) -> None:
        self._pairing = pairing
        self._store = store
        self._board = board
        self._screens = screens
        self._annexes = annexes
        self._lock = lock
        self._clock = clock
        self._escalated: dict[str, Step] = {}

    async def route(self) -> None:
        """Look once at everybody who waits."""
        async with self._lock:
            now = self._clock()
            self._pairing.reroute(now)
            for record in self._pairing.queue():
                await self._escalate(record, step(record.urgency, now - record.offered_since))
            open_now = {found.consultation_id for found in self._pairing.everything()}
            self._escalated = {known: at for known, at in self._escalated.items() if known in open_now}
        await self.look_ahead()
        self._screens.touch_waiting()
        await self._annexes.tidy()

    async def look_ahead(self) -> None:
        """Find out what may be said of each wait, once; nothing is said before that."""
        for record in self._pairing.queue():
            if not self._board.is_expected(record.consultation_id):
                self._board.expect(record.consultation_id, await self._store.outlook(record))

    async def _escalate(self, record: ConsultationRecord, now: Step) -> None:
        known = self._escalated.get(record.consultation_id, Step.MATCHING)
        if record.urgency is Urgency.RED and now > known:
            await self._store.escalated(record, now)
            self._escalated[record.consultation_id] = now
            log.warning("red_case_waits", consultation_id=record.consultation_id, step=now.name.lower())
