"""One turn of the desk: decide, write, carry out, tell. A consultation changes only in this order.

    async with turns.begin(consultation_id, by=principal) as turn:
        turn.step = pairing.cancel(consultation_id, principal.participant_id, clock())

Owns: that order, and undoing a decision that cannot be written. Must never decide who may do what: the body of the
turn asks signaling/pairing.py.

A lock covers "decide, write, carry out", because the database has one writer. After its release, pages are told and
followers settle.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from server.calls.desk.events import ConsultationMoved, ConsultationMoves, ReachabilityChanged
from server.calls.desk.notifier import Notifier
from server.calls.desk.queueviews import QueueViews
from server.calls.desk.state import DeskState
from server.people.principal import Principal
from server.platform.faults import where
from signaling.consultation import Consultation, Step
from signaling.errors import Refused
from signaling.states import ATTENDED, WAITING, Effect

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Turn:
    """The consultation at the start of the turn, and the decision of its body; None: no decision."""

    before: Consultation | None = None
    step: Step | None = None


class Turns:
    """Begins turns, one after the other."""

    def __init__(self, state: DeskState, queue_views: QueueViews, notifier: Notifier) -> None:
        self._state = state
        self._queue_views = queue_views
        self._notifier = notifier

    @asynccontextmanager
    async def begin(self, consultation_id: str | None, by: Principal | None = None) -> AsyncIterator[Turn]:
        """A turn about this consultation (None: a new one, or none); the trail entry names ``by``.

        Raises Refused if the decision cannot be written; nothing has changed then.
        """
        turn = Turn()
        try:
            async with self._state.lock:
                turn.before = self._state.pairing.get(consultation_id) if consultation_id else None
                yield turn
                if turn.step is not None:
                    if Effect.SAVE in turn.step.effects:
                        await self._write(turn.before, turn.step, by)
                    await self._state.events.settle(ConsultationMoves(turn.before, turn.step.consultation))
                    self._carry_out(turn.before, turn.step)
        finally:
            self._notifier.flush()
        if turn.step is not None:
            await self._state.events.settle()

    async def record(self, consultation_id: str) -> None:
        """Write the current state of a call; nobody waits for it."""
        async with self._state.lock:
            found = self._state.pairing.get(consultation_id)
            if found is not None:
                await self._state.store.save(found.record)
        self._notifier.flush()

    async def _write(self, before: Consultation | None, step: Step, by: Principal | None) -> None:
        try:
            await self._state.store.save(step.consultation.record, by)
        except BaseException as error:
            self._state.pairing.undo(step.consultation.consultation_id, before)
            for member in before.members if before else ():
                self._look_again(member.participant_id)
            if not isinstance(error, Exception) or isinstance(error, Refused):
                raise
            log.error("consultation_not_saved", **where(error))
            raise Refused("try_again") from None

    def _carry_out(self, before: Consultation | None, step: Step) -> None:
        after, pairing = step.consultation, self._state.pairing
        members = {m.participant_id for m in after.members if not m.left}
        gone = {m.participant_id for m in before.members} - members if before else set()
        self._move_legs(step, members, gone)
        if after.state in WAITING:
            self._queue_views.forget_place(after.record.station_id)
            self._state.legs.held.forget_rungs(after.record.station_id)
        # Former members, and all members of a consultation that is over, get its state one last time.
        open_now = pairing.get(after.consultation_id)
        out = gone if open_now is not None else members | gone
        for participant_id in members:
            self._look_again(participant_id)
        self._state.events.tell(ConsultationMoved(before, after))
        self._notifier.tell(pairing.get(after.consultation_id) or after, sorted(out))
        self._notifier.touch(after.consultation_id)

    def _move_legs(self, step: Step, members: set[str], gone: set[str]) -> None:
        after, legs = step.consultation, self._state.legs
        if Effect.CLOSE_ROOM in step.effects:
            for participant_id in members | gone:
                legs.exit(participant_id)
            legs.forget_stills(after.consultation_id)
            return
        for participant_id in gone:
            legs.exit(participant_id)
        if after.state in ATTENDED:
            for participant_id in members:
                legs.enter(participant_id, after.consultation_id)

    def _look_again(self, participant_id: str) -> None:
        self._state.events.tell(ReachabilityChanged(participant_id))
