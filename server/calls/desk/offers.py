"""Widens the offers of waiting consultations over time, and escalates red cases, on disk first.

Owns: the step to which each red case was escalated; each step is written once. Must never decide who is offered
what: signaling/routing.py does.
"""

from __future__ import annotations

import structlog

from server.calls.desk.notifier import Notifier
from server.calls.desk.queueviews import QueueViews
from server.calls.desk.state import DeskState
from signaling.consultation import ConsultationRecord
from signaling.messages import Urgency
from signaling.routing import OfferWidth, width_after

log = structlog.get_logger(__name__)

# Where a red case begins is no escalation.
FROM_THE_START = width_after(Urgency.RED, 0)


class Offers:
    """Widens offers and escalates red cases."""

    def __init__(self, state: DeskState, queue_views: QueueViews, notifier: Notifier) -> None:
        self._state = state
        self._queue_views = queue_views
        self._notifier = notifier
        self._escalated: dict[str, OfferWidth] = {}

    async def route(self) -> None:
        """Check all waiting consultations once."""
        pairing = self._state.pairing
        async with self._state.lock:
            now = self._state.clock()
            pairing.reroute(now)
            for record in pairing.queue():
                await self._escalate(record, width_after(record.urgency, now - record.offered_since))
            open_now = {found.consultation_id for found in pairing.everything()}
            self._escalated = {known: at for known, at in self._escalated.items() if known in open_now}
        await self.look_ahead()
        self._notifier.touch_waiting()
        await self._state.events.settle()

    async def look_ahead(self) -> None:
        """Read the expected wait of each waiting consultation once; it is not shown before that."""
        for record in self._state.pairing.queue():
            if not self._queue_views.is_expected(record.consultation_id):
                self._queue_views.expect(
                    record.consultation_id, await self._state.store.expected_wait(record)
                )

    async def _escalate(self, record: ConsultationRecord, now: OfferWidth) -> None:
        known = self._escalated.get(record.consultation_id, FROM_THE_START)
        if record.urgency is Urgency.RED and now > known:
            await self._state.store.escalated(record, now)
            self._escalated[record.consultation_id] = now
            if not record.wishes.discreet:
                log.warning("red_case_waits", consultation_id=record.consultation_id, step=now.name.lower())
