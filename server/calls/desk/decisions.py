"""Decide, write, carry out, tell: the one order in which a consultation changes.

Owns: that order, and the way back when the disk refuses. Must never decide by itself who may do what: the act that
is handed in asks signaling/pairing.py.

``lock`` stands around "decide, write, carry out", as there is one writer in the database below.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from server.calls.desk.annexes import Annexes
from server.calls.desk.board import Board
from server.calls.desk.legs import Legs
from server.calls.desk.screens import Screens
from server.calls.store_port import ConsultationStore
from server.people.principal import Principal
from server.platform.faults import where
from signaling.consultation import Consultation, Step
from signaling.errors import Refused
from signaling.pairing import Pairing
from signaling.states import ATTENDED, WAITING, Effect

log = structlog.get_logger(__name__)


class Decisions:
    """Makes decisions. ``refresh`` brings a participant's presence up to date."""

    def __init__(
        self,
        pairing: Pairing,
        store: ConsultationStore,
        legs: Legs,
        *,
        board: Board,
        screens: Screens,
        annexes: Annexes,
        lock: asyncio.Lock,
        refresh: Callable[[str], None],
    ) -> None:
        self._pairing = pairing
        self._store = store
        self._legs = legs
        self._board = board
        self._screens = screens
        self._annexes = annexes
        self._lock = lock
        self._refresh = refresh

    async def decide(
        self, consultation_id: str | None, act: Callable[[], Step | None], by: Principal | None = None
    ) -> None:
        """Let ``act`` decide, and do what follows; None: nothing does.

        Raises Refused, and then nothing has changed.
        """
        try:
            async with self._lock:
                before = self._pairing.get(consultation_id) if consultation_id else None
                step = act()
                if step is None:
                    return
                if Effect.SAVE in step.effects:
                    await self._write(before, step, by)
                self._carry_out(before, step)
        finally:
            self._screens.flush()
        await self._annexes.tidy()

    async def record(self, consultation_id: str) -> None:
        """Write down where a call stands; nobody waits for it."""
        async with self._lock:
            found = self._pairing.get(consultation_id)
            if found is not None:
                await self._store.save(found.record)
        self._screens.flush()

    async def _write(self, before: Consultation | None, step: Step, by: Principal | None) -> None:
        try:
            await self._store.save(step.consultation.record, by)
        except BaseException as error:
            self._pairing.undo(step.consultation.consultation_id, before)
            for member in before.members if before else ():
                self._refresh(member.participant_id)
            if not isinstance(error, Exception) or isinstance(error, Refused):
                raise
            log.error("consultation_not_saved", **where(error))
            raise Refused("try_again") from None

    def _carry_out(self, before: Consultation | None, step: Step) -> None:
        after = step.consultation
        members = {m.participant_id for m in after.members if not m.left}
        gone = {m.participant_id for m in before.members} - members if before else set()
        self._move_legs(step, members, gone)
        if after.state in WAITING:
            self._board.forget_place(after.record.station_id)
            self._legs.forget_rungs(after.record.station_id)
        # Those who are out, and everybody of a consultation that is over, see it a last time.
        open_now = self._pairing.get(after.consultation_id)
        out = gone if open_now is not None else members | gone
        for participant_id in members:
            self._refresh(participant_id)
        self._annexes.moved(before, after)
        self._screens.tell(self._pairing.get(after.consultation_id) or after, sorted(out))
        self._screens.touch(after.consultation_id)

    def _move_legs(self, step: Step, members: set[str], gone: set[str]) -> None:
        after = step.consultation
        if Effect.CLOSE_ROOM in step.effects:
            for participant_id in members | gone:
                self._legs.exit(participant_id)
            self._legs.forget_stills(after.consultation_id)
            return
        for participant_id in gone:
            self._legs.exit(participant_id)
        if after.state in ATTENDED:
            for participant_id in members:
                self._legs.enter(participant_id, after.consultation_id)
