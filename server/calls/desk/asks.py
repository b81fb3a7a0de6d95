"""What pages ask of consultations: a specialist, duty, the next patient, to go, to end it.

Owns: how often a station may ask. Must never decide by itself who may do what: that is signaling/pairing.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from server.calls.desk.annex import Handlers
from server.calls.desk.annexes import Annexes
from server.calls.desk.board import Board
from server.calls.desk.decisions import Decisions
from server.calls.desk.offers import Offers
from server.calls.desk.presences import Presences
from server.calls.desk.screens import Screens
from server.calls.store_port import ConsultationStore
from server.people.principal import Principal
from signaling import messages as wire
from signaling.consultation import Consultation, Step
from signaling.errors import Refused
from signaling.limits import TokenBucket, request_bucket
from signaling.messages import Role
from signaling.pairing import Pairing
from signaling.routing import NO_WISHES


class Asks:
    """Carries them out. ``hub_clock`` runs evenly, ``clock`` gives UTC seconds; ``lock`` is the desk's."""

    def __init__(
        self,
        pairing: Pairing,
        store: ConsultationStore,
        *,
        decisions: Decisions,
        presences: Presences,
        offers: Offers,
        board: Board,
        screens: Screens,
        annexes: Annexes,
        lock: asyncio.Lock,
        clock: Callable[[], float],
        hub_clock: Callable[[], float],
        ids: Callable[[], str],
    ) -> None:
        self._pairing = pairing
        self._store = store
        self._decide = decisions.decide
        self._member = presences.member
        self._offers = offers
        self._board = board
        self._screens = screens
        self._annexes = annexes
        self._lock = lock
        self._clock = clock
        self._hub_clock = hub_clock
        self._ids = ids
        self._buckets: dict[str, TokenBucket] = {}

    @property
    def handlers(self) -> Handlers:
        """Which messages it carries out."""
        return {
            wire.RequestConsultation: self._request,
            wire.CancelRequest: self._cancel,
            wire.SetDuty: self._set_duty,
            wire.Accept: self._accept,
            wire.Leave: self._leave,
            wire.End: self._end,
        }

    async def _request(self, principal: Principal, message: wire.RequestConsultation) -> None:
        bucket = self._buckets.setdefault(principal.participant_id, request_bucket())
        if not bucket.take(self._hub_clock()):
            raise Refused("slow_down")
        self._must_be_free(principal)

        urgency, wishes = message.urgency, NO_WISHES
        if message.case_id is None:
            wishes = await self._store.usual_wishes(principal.participant_id)
        elif self._pairing.of(principal.participant_id) is None:
            case = await self._store.case(message.case_id, principal.participant_id)
            if case is None:
                raise Refused("unknown_consultation")
            urgency, wishes = case

        def act() -> Step:
            return self._pairing.request(
                message.case_id or self._ids(),
                self._member(principal),
                site=principal.site,
                urgency=urgency,
                reason=message.reason,
                now=self._clock(),
                wishes=wishes,
            )

        found = self._pairing.of(principal.participant_id)
        await self._decide(found.consultation_id if found else None, act, principal)
        await self._offers.look_ahead()
        async with self._lock:
            self._board.show_to(principal.participant_id)
        self._screens.flush()

    async def come_back(self, principal: Principal, found: Consultation) -> None:
        """Somebody who had left a consultation that is open is in it again. Raises Refused."""
        member = self._member(principal)
        record = found.record
        await self._decide(
            found.consultation_id,
            lambda: self._pairing.request(
                record.consultation_id,
                member,
                site=record.site,
                urgency=record.urgency,
                reason=record.reason,
                now=record.requested_at,
            ),
            principal,
        )

    async def _cancel(self, principal: Principal, message: wire.CancelRequest) -> None:
        await self._decide(
            message.consultation_id,
            lambda: self._pairing.cancel(message.consultation_id, principal.participant_id, self._clock()),
            principal,
        )

    async def _set_duty(self, principal: Principal, message: wire.SetDuty) -> None:
        if principal.role is not Role.CLINICIAN:
            return  # a mediator's: server/mediators/live.py
        skills = await self._store.skills(principal.participant_id) if message.on else None
        async with self._lock:
            self._pairing.reroute(self._clock())
            self._pairing.set_duty(principal.participant_id, on=message.on, skills=skills)
            self._screens.tell_duty(principal.participant_id)
            self._board.show_to(principal.participant_id)
        self._screens.touch_waiting()

    async def _accept(self, principal: Principal, message: wire.Accept) -> None:
        self._must_be_free(principal)
        await self._decide(
            message.consultation_id,
            lambda: self._pairing.accept(message.consultation_id, self._member(principal), self._clock()),
            principal,
        )

    async def _leave(self, principal: Principal, message: wire.Leave) -> None:
        await self._decide(
            message.consultation_id,
            lambda: self._pairing.leave(message.consultation_id, principal.participant_id),
            principal,
        )

    async def _end(self, principal: Principal, message: wire.End) -> None:
        await self._decide(
            message.consultation_id,
            lambda: self._pairing.end(message.consultation_id, principal.participant_id, self._clock()),
            principal,
        )

    def _must_be_free(self, principal: Principal) -> None:
        """Raises Refused when somebody takes part in something beside consultations."""
        if self._annexes.has(principal.participant_id):
            raise Refused("already_in_consultation")
