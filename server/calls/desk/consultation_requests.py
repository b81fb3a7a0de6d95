"""The requests of pages about consultations: ask for a specialist, go on duty, accept, leave, end.

Owns: how often a station may ask. Must never decide who may do what: signaling/pairing.py does.
"""

from __future__ import annotations

from collections.abc import Callable

from server.calls.desk.notifier import Notifier
from server.calls.desk.offers import Offers
from server.calls.desk.queueviews import QueueViews
from server.calls.desk.state import DeskState, Handlers
from server.calls.desk.turn import Turns
from server.people.principal import Principal
from signaling import messages as wire
from signaling.consultation import Consultation
from signaling.errors import Refused
from signaling.limits import TokenBucket, request_bucket
from signaling.messages import Role
from signaling.routing import NO_WISHES
from signaling.text import is_fit, tidied


class ConsultationRequests:
    """Carries out these requests. ``ids`` gives the id of a consultation without a case."""

    def __init__(
        self,
        state: DeskState,
        turns: Turns,
        offers: Offers,
        queue_views: QueueViews,
        notifier: Notifier,
        *,
        ids: Callable[[], str],
    ) -> None:
        self._state = state
        self._turns = turns
        self._offers = offers
        self._queue_views = queue_views
        self._notifier = notifier
        self._ids = ids
        self._buckets: dict[str, TokenBucket] = {}

    @property
    def handlers(self) -> Handlers:
        """The handlers of these messages."""
        return {
            wire.RequestConsultation: self._request,
            wire.CancelRequest: self._cancel,
            wire.SetDuty: self._set_duty,
            wire.Accept: self._accept,
            wire.Leave: self._leave,
            wire.End: self._end,
        }

    async def _request(self, principal: Principal, message: wire.RequestConsultation) -> None:
        state, participant_id = self._state, principal.participant_id
        if not self._buckets.setdefault(participant_id, request_bucket()).take(state.hub.clock()):
            raise Refused("slow_down")
        self._must_be_free(principal)
        if not is_fit(message.reason):
            raise Refused("unfit_text")

        urgency, wishes = message.urgency, NO_WISHES
        if message.case_id is None:
            wishes = await state.store.usual_wishes(participant_id)
        elif state.pairing.of(participant_id) is None:
            case = await state.store.case(message.case_id, participant_id)
            if case is None:
                raise Refused("unknown_consultation")
            urgency, wishes = case

        found = state.pairing.of(participant_id)
        async with self._turns.begin(found.consultation_id if found else None, principal) as turn:
            turn.step = state.pairing.request(
                message.case_id or self._ids(),
                state.member(principal),
                site=principal.site,
                urgency=urgency,
                reason=tidied(message.reason),
                now=state.clock(),
                wishes=wishes,
            )
        await self._offers.look_ahead()
        async with state.lock:
            self._queue_views.show_to(participant_id)
        self._notifier.flush()

    async def come_back(self, principal: Principal, found: Consultation) -> None:
        """Let a participant who had left an open consultation return to it. Raises Refused."""
        record, member = found.record, self._state.member(principal)
        async with self._turns.begin(found.consultation_id, principal) as turn:
            turn.step = self._state.pairing.request(
                record.consultation_id,
                member,
                site=record.site,
                urgency=record.urgency,
                reason=record.reason,
                now=record.requested_at,
            )

    async def _cancel(self, principal: Principal, message: wire.CancelRequest) -> None:
        state, consultation_id = self._state, message.consultation_id
        async with self._turns.begin(consultation_id, principal) as turn:
            turn.step = state.pairing.cancel(consultation_id, principal.participant_id, state.clock())

    async def _set_duty(self, principal: Principal, message: wire.SetDuty) -> None:
        if principal.role is not Role.CLINICIAN:
            return  # a mediator's: server/mediators/live.py
        state, participant_id = self._state, principal.participant_id
        await state.store.keep_duty(participant_id, on=message.on)
        skills = await state.store.skills(participant_id) if message.on else None
        async with state.lock:
            state.pairing.reroute(state.clock())
            state.pairing.set_duty(participant_id, on=message.on, skills=skills)
            self._notifier.tell_duty(participant_id)
            self._queue_views.show_to(participant_id)
        self._notifier.touch_waiting()

    async def _accept(self, principal: Principal, message: wire.Accept) -> None:
        self._must_be_free(principal)
        state, consultation_id = self._state, message.consultation_id
        async with self._turns.begin(consultation_id, principal) as turn:
            turn.step = state.pairing.accept(consultation_id, state.member(principal), state.clock())

    async def _leave(self, principal: Principal, message: wire.Leave) -> None:
        async with self._turns.begin(message.consultation_id, principal) as turn:
            turn.step = self._state.pairing.leave(message.consultation_id, principal.participant_id)

    async def _end(self, principal: Principal, message: wire.End) -> None:
        state, consultation_id = self._state, message.consultation_id
        async with self._turns.begin(consultation_id, principal) as turn:
            turn.step = state.pairing.end(consultation_id, principal.participant_id, state.clock())

    def _must_be_free(self, principal: Principal) -> None:
        """Raise Refused if a participant takes part in something other than consultations."""
        if self._state.is_elsewhere(principal.participant_id):
            raise Refused("already_in_consultation")
