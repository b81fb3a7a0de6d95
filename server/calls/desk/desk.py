"""The reception desk: what people ask becomes moves of consultations, on disk, in rooms and on screens.

Owns: the parts and how they are tied together, what follows when a session opens or ends, and what the rest of
the server may ask. Must never decide by itself who may do what in a consultation: that is signaling/pairing.py.

One lock stands around every decision until it is on disk and carried out (decisions.py). Links come and go without
it (presences.py). What pages ask comes in by asks.py and legasks.py, what time brings by offers.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from server.calls.background import Background
from server.calls.callmeter import CallUse
from server.calls.desk.annex import (
    Annex,
    Floor,
    Handler,
    Handlers,
)
from server.calls.desk.annexes import Annexes
from server.calls.desk.asks import Asks
from server.calls.desk.board import Board
from server.calls.desk.decisions import Decisions
from server.calls.desk.legasks import LegAsks
from server.calls.desk.legs import Legs
from server.calls.desk.offers import ROUTE_EVERY_S, Offers
from server.calls.desk.presences import Presences
from server.calls.desk.screens import Screens
from server.calls.desk.stills import StillWishes
from server.calls.media_port import MediaPort
from server.calls.store_port import ConsultationStore
from server.people.principal import Principal
from server.people.sessions.permissions import may_say
from server.platform.faults import where
from server.sockets.hub import Hub, new_id
from signaling import messages as wire
from signaling.consultation import ConsultationRecord, Step
from signaling.errors import UnexpectedMessage
from signaling.limits import WAITING_EVERY_S
from signaling.messages import Role
from signaling.pairing import Pairing
from signaling.routing import Wishes
from signaling.states import ATTENDED, WAITING

log = structlog.get_logger(__name__)


class Consultations:
    """Everything that happens to consultations; the hub's SessionListener. ``clock`` gives UTC seconds."""

    def __init__(
        self,
        store: ConsultationStore,
        media: MediaPort,
        hub: Hub,
        *,
        clock: Callable[[], float] = time.time,
        ids: Callable[[], str] = new_id,
        remind_every_s: float = WAITING_EVERY_S,
        route_every_s: float = ROUTE_EVERY_S,
    ) -> None:
        self._store = store
        self._remind_every_s = remind_every_s
        self._route_every_s = route_every_s
        self._hub = hub
        self._clock = clock
        self._lock = asyncio.Lock()
        self._background = Background()
        self._annexes = Annexes()
        self._pairing = Pairing()
        self._legs = Legs(
            media,
            hub,
            ids,
            changed=self._refresh,
            link_changed=self._link_changed,
            spawn=self._background.spawn,
            used=lambda use: self._background.keep(self._keep_use(use)),
            clock=clock,
        )
        self._board = Board(self._pairing, self._legs, hub, clock)
        self._screens = Screens(
            self._pairing, self._legs, hub, board=self._board, lock=self._lock, spawn=self._background.spawn
        )
        self._decisions = Decisions(
            self._pairing,
            store,
            self._legs,
            board=self._board,
            screens=self._screens,
            annexes=self._annexes,
            lock=self._lock,
            refresh=self._refresh,
        )
        self._presences = Presences(
            self._pairing,
            self._legs,
            hub,
            screens=self._screens,
            annexes=self._annexes,
            decisions=self._decisions,
            background=self._background,
        )
        self._offers = Offers(
            self._pairing,
            store,
            board=self._board,
            screens=self._screens,
            annexes=self._annexes,
            lock=self._lock,
            clock=clock,
        )
        self._handlers: dict[type, list[Handler]] = {}
        self._add_own_handlers(ids)
        hub.set_listener(self)

    def _add_own_handlers(self, ids: Callable[[], str]) -> None:
        asks = Asks(
            self._pairing,
            self._store,
            decisions=self._decisions,
            presences=self._presences,
            offers=self._offers,
            board=self._board,
            screens=self._screens,
            annexes=self._annexes,
            lock=self._lock,
            clock=self._clock,
            hub_clock=self._hub.clock,
            ids=ids,
        )
        leg_asks = LegAsks(
            self._pairing,
            self._legs,
            self._hub,
            annexes=self._annexes,
            presences=self._presences,
            come_back=asks.come_back,
        )
        for own in (asks, leg_asks, StillWishes(self._pairing, self._hub)):
            self._add_handlers(own.handlers)

    def _add_handlers(self, handlers: Handlers) -> None:
        for kind, handler in handlers.items():
            self._handlers.setdefault(kind, []).append(handler)

    @property
    def floor(self) -> Floor:
        """What the desk lends to an annex."""
        return Floor(
            pairing=self._pairing,
            legs=self._legs,
            hub=self._hub,
            clock=self._clock,
            decide=self._decisions.decide,
            member=self._presences.member,
            presence=self._presences.of,
            busy=self._presences.is_busy,
        )

    def add(self, annex: Annex) -> None:
        """Open one more room beside the desk; before `start`."""
        self._annexes.add(annex)
        self._add_handlers(annex.handlers)

    async def start(self) -> None:
        """Take up what was open when the process ended; everybody in a call gets the usual time to come back."""
        for found in self._pairing.restore(await self._store.load_open()):
            for member in found.members:
                site = found.record.site if member.role is Role.STATION else ""
                self._hub.expect(Principal(member.participant_id, member.role, member.name, site))
                if found.state in ATTENDED:
                    self._legs.enter(member.participant_id, found.consultation_id)
                self._presences.refresh(member.participant_id)
        await self._annexes.start()
        self._background.repeat(self._remind_every_s, self._remind)
        self._background.repeat(self._route_every_s, self.route)

    async def stop(self) -> None:
        """Let go of timers and tasks; what is decided is on disk already."""
        self._screens.stop()
        self._legs.exit_all()
        await self._background.stop()

    # hub.SessionListener

    def leg_of(self, participant_id: str) -> str | None:
        """The leg the server holds for a participant."""
        return self._legs.leg_of(participant_id)

    async def received(self, principal: Principal, message: wire.AnyClientMessage) -> None:
        """Carry out one message. Raises Refused and UnexpectedMessage."""
        if not may_say(principal.role, type(message)):
            raise UnexpectedMessage("not for this role")
        for handler in self._handlers[type(message)]:
            await handler(principal, message)

    async def session_opened(self, principal: Principal) -> None:
        """Post the state as it is now."""
        participant_id = principal.participant_id
        async with self._lock:
            self._presences.refresh(participant_id)
            if principal.role is Role.CLINICIAN:
                self._screens.tell_duty(participant_id)
            found = self._pairing.of(participant_id)
            if found is not None:
                self._screens.tell(found, [participant_id])
            self._board.show_to(participant_id)
            self._legs.announce(participant_id)
            self._annexes.opened(principal)
        self._screens.flush()

    async def session_ended(self, principal: Principal, *, on_purpose: bool) -> None:
        """Off duty; out of the call, unless the media still flow."""
        participant_id = principal.participant_id
        self._legs.forget_preferences(participant_id)
        try:
            if on_purpose or not self._legs.connected(participant_id):
                await self._legs.close(participant_id)
        finally:
            async with self._lock:
                self._pairing.set_duty(participant_id, on=False)
            self._screens.touch_waiting()
            out = not self._legs.connected(participant_id)
            await self._annexes.given_up(participant_id, off_duty=not out)
            if out:
                await self._presences.give_up(participant_id)

    # What the rest of the server asks.

    def waiting(self) -> list[ConsultationRecord]:
        """Everybody who waits, in order."""
        return self._pairing.queue()

    def offered_to(self, record: ConsultationRecord) -> list[str]:
        """The clinicians on duty who are offered it."""
        return self._pairing.offered_to(record)

    def is_offered(self, consultation_id: str, clinician_id: str) -> bool:
        """Whether this one waits and is offered to this clinician now."""
        found = self._pairing.get(consultation_id)
        if found is None or found.state not in WAITING:
            return False
        return clinician_id in self._pairing.offered_to(found.record)

    async def transfer(self, principal: Principal, consultation_id: str, wishes: Wishes) -> None:
        """The clinician in charge hands the patient over. Raises Refused."""
        await self._decisions.decide(
            consultation_id,
            lambda: self._pairing.transfer(consultation_id, principal.participant_id, wishes, self._clock()),
            principal,
        )

    async def consent_withdrawn(self, principal: Principal, consultation_id: str) -> None:
        """The patient no longer agrees, and that is on disk: everybody is told why, then it is over.

        Nothing happens when it is not open. Raises Refused when the end cannot be written.
        """
        await self._annexes.consent_withdrawn(consultation_id)
        found = self._pairing.get(consultation_id)
        if found is None:
            return
        for member in found.members:
            if not member.left:
                told = wire.ConsentWithdrawn(consultation_id=consultation_id)
                self._hub.post(member.participant_id, told)
        await self.finish(principal, consultation_id)

    async def finish(self, principal: Principal, consultation_id: str) -> None:
        """It is over for the patient, in a call or before: ended or cancelled, whichever it takes.

        Nothing happens when it is not open. Raises Refused when the end cannot be written.
        """

        def act() -> Step | None:
            now = self._pairing.get(consultation_id)
            if now is None:
                return None
            move = self._pairing.end if now.state in ATTENDED else self._pairing.cancel
            return move(consultation_id, now.record.station_id, self._clock())

        await self._decisions.decide(consultation_id, act, principal)

    async def route(self) -> None:
        """Look once at everybody who waits: offers widen, red cases are escalated."""
        await self._offers.route()

    # What parts that were made before `Presences` tell it.

    def _refresh(self, participant_id: str) -> None:
        self._presences.refresh(participant_id)

    def _link_changed(self, participant_id: str) -> None:
        self._presences.link_changed(participant_id)

    # In the background.

    async def _keep_use(self, use: CallUse) -> None:
        """Write what somebody's part of a call took; a report that lacks it ends no call."""
        try:
            await self._store.keep_use(use)
        except Exception as error:
            log.error("use_not_kept", consultation_id=use.consultation_id, **where(error))

    async def _remind(self) -> None:
        """Tell those who wait that they do, and give up whoever could not be given up before."""
        async with self._lock:
            self._board.show_places()
        self._screens.flush()
        await self._presences.give_up_the_absent()
