"""The desk: changes consultations on disk, in rooms and on pages, as people ask.

Owns: the parts of the desk and their connections, the start and end of sessions, and the questions of the rest of
the server. Must never decide who may do what in a consultation: signaling/pairing.py does.

Every decision about a consultation is a turn (turn.py), which holds one lock until the decision is on disk and
carried out. Other work that needs the lock takes it without a turn. Changes of links do not take the lock
(presences.py). The three `*_requests.py` carry out the requests of pages, offers.py what depends on time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from server.calls.background import Background
from server.calls.callmeter import CallUse
from server.calls.desk.consultation_requests import ConsultationRequests
from server.calls.desk.events import CallUsed, ConsentWithdrawn, Events, GivenUp, SessionOpened, Started
from server.calls.desk.leg_requests import LegRequests
from server.calls.desk.legs import Legs
from server.calls.desk.notifier import Notifier
from server.calls.desk.offers import Offers
from server.calls.desk.presences import Presences
from server.calls.desk.queueviews import QueueViews
from server.calls.desk.restoring import restored
from server.calls.desk.state import DeskState, Handler, Handlers
from server.calls.desk.still_requests import StillRequests
from server.calls.desk.turn import Turns
from server.calls.media_port import MediaPort
from server.calls.store_port import ConsultationStore
from server.people.principal import Principal
from server.people.sessions.permissions import may_say
from server.platform.faults import where
from server.sockets.hub import Hub, new_id
from signaling import messages as wire
from signaling.consultation import ConsultationRecord
from signaling.errors import UnexpectedMessage
from signaling.limits import WAITING_EVERY_S
from signaling.messages import Role
from signaling.routing import Wishes
from signaling.states import ATTENDED, WAITING

log = structlog.get_logger(__name__)

# The shortest step of an offer is 30 s; a delay of a sixth of it does not matter.
ROUTE_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Timing:
    """How often waiting stations are told their place again, and how often offers are checked."""

    remind_every_s: float = WAITING_EVERY_S
    route_every_s: float = ROUTE_EVERY_S


class Consultations:
    """The desk as the rest of the server sees it; the hub's SessionListener. ``clock`` gives UTC seconds.

    Other domains follow ``state.events``, begin ``turns``, and register their handlers with `carry_out`, all before
    `start`.
    """

    def __init__(
        self,
        store: ConsultationStore,
        media: MediaPort,
        hub: Hub,
        *,
        clock: Callable[[], float] = time.time,
        ids: Callable[[], str] = new_id,
        timing: Timing = Timing(),
    ) -> None:
        events, background = Events(), Background()
        legs = Legs(media, hub, events, background, ids=ids, clock=clock)
        self.state = DeskState(store, hub, legs, events, background, clock)
        self._timing = timing
        pairing = self.state.pairing
        self._queue_views = QueueViews(pairing, legs.held, hub, clock)
        self._notifier = Notifier(
            pairing, legs.held, hub, self._queue_views, lock=self.state.lock, background=background
        )
        self.turns = Turns(self.state, self._queue_views, self._notifier)
        self._presences = Presences(self.state, self._notifier, self.turns)
        self._offers = Offers(self.state, self._queue_views, self._notifier)
        requests = ConsultationRequests(
            self.state, self.turns, self._offers, self._queue_views, self._notifier, ids=ids
        )
        self._handlers: dict[type, list[Handler]] = {}
        self.carry_out(requests.handlers)
        self.carry_out(LegRequests(self.state, self._presences, requests).handlers)
        self.carry_out(StillRequests(pairing, hub).handlers)
        events.on(CallUsed, lambda event: background.keep(self._keep_use(event.use)))
        hub.set_listener(self)

    def carry_out(self, handlers: Handlers) -> None:
        """Register handlers for further messages."""
        for kind, handler in handlers.items():
            self._handlers.setdefault(kind, []).append(handler)

    async def start(self) -> None:
        """Load the consultations that were open when the process ended; everybody in a call gets the usual time to
        come back.
        """
        state = self.state
        for found in await restored(state, self.turns):
            for member in found.members:
                site = found.record.site if member.role is Role.STATION else ""
                state.hub.expect(Principal(member.participant_id, member.role, member.name, site))
                if found.state in ATTENDED:
                    state.legs.enter(member.participant_id, found.consultation_id)
                self._presences.refresh(member.participant_id)
        await state.events.wait(Started())
        await self._restore_duty()
        state.background.repeat(self._timing.remind_every_s, self._remind)
        state.background.repeat(self._timing.route_every_s, self.route)

    async def _restore_duty(self) -> None:
        """Whoever was on duty is on duty, and gets the usual time to come back."""
        state = self.state
        for who in await state.store.on_duty():
            state.hub.expect(who)
            if who.role is Role.CLINICIAN:  # a mediator's: server/mediators/live.py
                state.pairing.reroute(state.clock())
                skills = await state.store.skills(who.participant_id)
                state.pairing.set_duty(who.participant_id, on=True, skills=skills)

    async def stop(self) -> None:
        """Cancel timers and tasks; all decisions are already on disk."""
        self._notifier.stop()
        self.state.legs.exit_all()
        await self.state.background.stop()

    # hub.SessionListener

    def leg_of(self, participant_id: str) -> str | None:
        """The leg the server holds for a participant."""
        return self.state.legs.held.leg_of(participant_id)

    async def received(self, principal: Principal, message: wire.AnyClientMessage) -> None:
        """Carry out one message of a page. Raises Refused and UnexpectedMessage."""
        if not may_say(principal.role, type(message)):
            raise UnexpectedMessage("not for this role")
        for handler in self._handlers[type(message)]:
            await handler(principal, message)

    async def session_opened(self, principal: Principal) -> None:
        """Send the current state to a page that opened a session."""
        participant_id = principal.participant_id
        async with self.state.lock:
            self._presences.refresh(participant_id)
            if principal.role is Role.CLINICIAN:
                self._notifier.tell_duty(participant_id)
            found = self.state.pairing.of(participant_id)
            if found is not None:
                self._notifier.tell(found, [participant_id])
            self._queue_views.show_to(participant_id)
            self.state.legs.announce(participant_id)
            self.state.events.tell(SessionOpened(principal))
        self._notifier.flush()

    async def session_ended(self, principal: Principal, *, on_purpose: bool) -> None:
        """Take the participant off duty, and out of the call unless its media still flow."""
        state, participant_id = self.state, principal.participant_id
        try:
            if on_purpose or not state.legs.held.connected(participant_id):
                await state.legs.close(participant_id)
        finally:
            state.legs.forget_choices(participant_id)
            async with state.lock:
                state.pairing.set_duty(participant_id, on=False)
            self._notifier.touch_waiting()
            await self._end_duty(participant_id)
            out = not state.legs.held.connected(participant_id)
            await state.events.wait(GivenUp(participant_id, off_duty=not out))
            if out:
                await self._presences.give_up(participant_id)

    async def _end_duty(self, participant_id: str) -> None:
        """Write that a participant is off duty; if that fails, a restart waits for them in vain for two minutes."""
        try:
            await self.state.store.keep_duty(participant_id, on=False)
        except Exception as error:
            log.error("duty_not_ended", **where(error))

    async def signed_out(self, participant_id: str, http_session_id: str | None) -> None:
        """No leg outlives its sign-in, with a socket beside it or without."""
        await self.state.legs.close_signed_out(participant_id, http_session_id)

    def sign_ins(self) -> list[tuple[str, str]]:
        """(participant, HTTP session) that legs stand on."""
        return self.state.legs.held.sign_ins()

    # Questions and requests of the rest of the server.

    def waiting(self) -> list[ConsultationRecord]:
        """All waiting consultations, in order."""
        return self.state.pairing.queue()

    def offered_to(self, record: ConsultationRecord) -> list[str]:
        """The clinicians on duty who are offered this consultation."""
        return self.state.pairing.offered_to(record)

    def is_offered(self, consultation_id: str, clinician_id: str) -> bool:
        """Whether this consultation waits and is offered to this clinician now."""
        found = self.state.pairing.get(consultation_id)
        if found is None or found.state not in WAITING:
            return False
        return clinician_id in self.state.pairing.offered_to(found.record)

    async def transfer(self, principal: Principal, consultation_id: str, wishes: Wishes) -> None:
        """Hand the patient over, for the clinician in charge. Raises Refused."""
        async with self.turns.begin(consultation_id, principal) as turn:
            turn.step = self.state.pairing.transfer(
                consultation_id, principal.participant_id, wishes, self.state.clock()
            )

    async def consent_withdrawn(
        self, principal: Principal, consultation_id: str, *, refused: bool = False
    ) -> None:
        """End a consultation whose patient does not agree (any more), after telling its participants why.

        ``refused``: the patient never agreed. Nothing happens if it is not open. Raises Refused if its end cannot
        be written.
        """
        await self.state.events.wait(ConsentWithdrawn(consultation_id))
        found = self.state.pairing.get(consultation_id)
        if found is None:
            return
        for member in found.members:
            if not member.left:
                told = wire.ConsentWithdrawn(consultation_id=consultation_id, refused=refused)
                self.state.hub.post(member.participant_id, told)
        await self.finish(principal, consultation_id)

    async def finish(self, principal: Principal, consultation_id: str) -> None:
        """End a consultation for the patient: close it during a call, cancel it before.

        Nothing happens if it is not open. Raises Refused if its end cannot be written.
        """
        async with self.turns.begin(consultation_id, principal) as turn:
            found = turn.before
            if found is not None:
                move = self.state.pairing.end if found.state in ATTENDED else self.state.pairing.cancel
                turn.step = move(consultation_id, found.record.station_id, self.state.clock())

    def tell_news(self, clinician_id: str, news: wire.CaseNews) -> None:
        """A clinician hears of a patient treated before."""
        self.state.hub.post(clinician_id, news)

    async def route(self) -> None:
        """Check all waiting consultations once: widen offers, escalate red cases."""
        await self._offers.route()

    # In the background.

    async def _keep_use(self, use: CallUse) -> None:
        """Write the use of a participant's part of a call; a failure is only logged, because calls go on."""
        try:
            await self.state.store.keep_use(use)
        except Exception as error:
            log.error("use_not_kept", consultation_id=use.consultation_id, **where(error))

    async def _remind(self) -> None:
        """Tell waiting stations their place again, and give up participants whose removal failed before."""
        async with self.state.lock:
            self._queue_views.show_places()
        self._notifier.flush()
        await self._presences.give_up_the_absent()
