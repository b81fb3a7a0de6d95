"""The reception desk: what people ask becomes moves of consultations, on disk, in rooms and on screens.

Owns: the order of things. A decision is made by the pure core, written down, carried out in the media rooms and
only then told. Must never decide by itself who may do what in a consultation: that is signaling/pairing.py.

One lock stands around "decide, write, carry out", as there is one writer in the database below. Links come and go
without it: they move a consultation in and out of the call at once, and what pages are told of it waits until
nothing is half done.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec
import structlog

from server.auth.permissions import may_say
from server.auth.principal import Principal
from server.consultations import views
from server.consultations.annex import Annex, Floor, Handler
from server.consultations.board import Board
from server.consultations.callmeter import CallUse
from server.consultations.legs import Legs
from server.consultations.screens import Screens
from server.consultations.stills import StillWishes
from server.consultations.store import ConsultationStore
from server.faults import where
from server.hub import Hub, new_id
from server.media_port import MediaPort
from signaling import messages as wire
from signaling.consultation import Consultation, ConsultationRecord, Member, Step
from signaling.errors import Refused, UnexpectedMessage
from signaling.limits import WAITING_EVERY_S, TokenBucket, leg_bucket, request_bucket
from signaling.messages import Presence, Role, Urgency
from signaling.pairing import Pairing
from signaling.routing import NO_WISHES, Wishes
from signaling.routing import Step as Widening
from signaling.routing import step as widening
from signaling.states import ATTENDED, WAITING, Effect

log = structlog.get_logger(__name__)

# The shortest step of an offer is 30 s; a sixth of it is late for nobody.
ROUTE_EVERY_S = 5.0


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
        self._escalated: dict[str, Widening] = {}
        self._hub = hub
        self._clock = clock
        self._ids = ids
        self._pairing = Pairing()
        self._legs = Legs(
            media,
            hub,
            ids,
            changed=self._refresh,
            link_changed=self._link_changed,
            spawn=self._spawn,
            used=self._call_used,
            clock=clock,
        )
        self._board = Board(self._pairing, self._legs, hub, clock)
        self._lock = asyncio.Lock()
        self._screens = Screens(
            self._pairing, self._legs, hub, board=self._board, lock=self._lock, spawn=self._spawn
        )
        stills = StillWishes(self._pairing, hub)
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeping: set[asyncio.Task[None]] = set()
        self._leg_buckets: dict[str, TokenBucket] = {}
        self._request_buckets: dict[str, TokenBucket] = {}
        self._annexes: list[Annex] = []
        own: dict[type, Handler] = {
            wire.LegOffer: self._leg_offer,
            wire.LegClose: self._leg_close,
            wire.MediaState: self._media_state,
            wire.Preferences: self._preferences,
            wire.SendReport: self._send_report,
            wire.AskStill: stills.ask,
            wire.DeclineStill: stills.decline,
            wire.RequestConsultation: self._request,
            wire.CancelRequest: self._cancel,
            wire.SetDuty: self._set_duty,
            wire.Accept: self._accept,
            wire.Leave: self._leave,
            wire.End: self._end,
        }
        self._handlers = {kind: [handler] for kind, handler in own.items()}
        hub.set_listener(self)

    @property
    def floor(self) -> Floor:
        """What the desk lends to an annex."""
        return Floor(
            pairing=self._pairing,
            legs=self._legs,
            hub=self._hub,
            clock=self._clock,
            decide=self._decide,
            member=self._member,
            presence=self._presence,
            busy=self._is_busy,
        )

    def add(self, annex: Annex) -> None:
        """Open one more room beside the desk; before `start`."""
        self._annexes.append(annex)
        for kind, handler in annex.handlers.items():
            self._handlers.setdefault(kind, []).append(handler)

    async def start(self) -> None:
        """Take up what was open when the process ended; everybody in a call gets the usual time to come back."""
        for found in self._pairing.restore(await self._store.load_open()):
            for member in found.members:
                site = found.record.site if member.role is Role.STATION else ""
                self._hub.expect(Principal(member.participant_id, member.role, member.name, site))
                if found.state in ATTENDED:
                    self._legs.enter(member.participant_id, found.consultation_id)
                self._refresh(member.participant_id)
        for annex in self._annexes:
            await annex.start()
        self._spawn(self._for_ever(self._remind_every_s, self._remind))
        self._spawn(self._for_ever(self._route_every_s, self.route))

    async def stop(self) -> None:
        """Let go of timers and tasks; what is decided is on disk already."""
        self._screens.stop()
        self._legs.exit_all()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

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
            self._refresh(participant_id)
            if principal.role is Role.CLINICIAN:
                self._screens.tell_duty(participant_id)
            found = self._pairing.of(participant_id)
            if found is not None:
                self._screens.tell(found, [participant_id])
            self._board.show_to(participant_id)
            self._legs.announce(participant_id)
            for annex in self._annexes:
                annex.opened(principal)
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
            for annex in self._annexes:
                await annex.given_up(participant_id, off_duty=not out)
            if out:
                await self._give_up(participant_id)

    # What pages ask.

    async def _leg_offer(self, principal: Principal, message: wire.LegOffer) -> None:
        participant_id = principal.participant_id
        if not self._leg_buckets.setdefault(participant_id, leg_bucket()).take(self._hub.clock()):
            raise Refused("slow_down")
        await self._legs.offer(participant_id, message.sdp, message.seq)
        if not self._hub.has_session(participant_id):
            await self._legs.close(participant_id)
            return
        for annex in self._annexes:
            annex.offered(participant_id)
        found = self._pairing.of(participant_id)
        member = found.member(participant_id) if found else None
        if found is not None and member is not None and member.left:
            await self._come_back(principal, found)

    async def _leg_close(self, principal: Principal, message: wire.LegClose) -> None:
        await self._legs.close(principal.participant_id, message.leg_id)

    async def _send_report(self, principal: Principal, message: wire.SendReport) -> None:
        self._legs.sending_reported(principal.participant_id, message)

    async def _preferences(self, principal: Principal, message: wire.Preferences) -> None:
        if principal.role is not Role.CLINICIAN:
            # Who looks at a wound or a gait says how; a station cannot ask that of the doctor's camera.
            message = msgspec.structs.replace(message, profile=wire.ClinicalProfile.FACE)
        self._legs.set_preferences(principal.participant_id, views.preferences(message))

    async def _media_state(self, principal: Principal, message: wire.MediaState) -> None:
        participant_id = principal.participant_id
        self._legs.set_muted(participant_id, audio=message.audio_muted, video=message.video_muted)
        self._tell_others(participant_id, self._screens.touch)

    async def _request(self, principal: Principal, message: wire.RequestConsultation) -> None:
        bucket = self._request_buckets.setdefault(principal.participant_id, request_bucket())
        if not bucket.take(self._hub.clock()):
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
        await self._look_ahead()
        async with self._lock:
            self._board.show_to(principal.participant_id)
        self._screens.flush()

    async def _come_back(self, principal: Principal, found: Consultation) -> None:
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
            return  # a mediator's: server/consultations/mediators.py
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
        if any(annex.has(principal.participant_id) for annex in self._annexes):
            raise Refused("already_in_consultation")

    def _is_busy(self, participant_id: str) -> bool:
        """Whether somebody takes part in anything."""
        in_annex = any(annex.has(participant_id) for annex in self._annexes)
        return in_annex or self._pairing.of(participant_id) is not None

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
        await self._decide(
            consultation_id,
            lambda: self._pairing.transfer(consultation_id, principal.participant_id, wishes, self._clock()),
            principal,
        )

    async def consent_withdrawn(self, principal: Principal, consultation_id: str) -> None:
        """The patient no longer agrees, and that is on disk: everybody is told why, then it is over.

        Nothing happens when it is not open. Raises Refused when the end cannot be written.
        """
        for annex in self._annexes:
            await annex.consent_withdrawn(consultation_id)
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

        await self._decide(consultation_id, act, principal)

    async def route(self) -> None:
        """Offers widen as time passes, and a red case that waits is escalated, on disk first."""
        async with self._lock:
            now = self._clock()
            self._pairing.reroute(now)
            for record in self._pairing.queue():
                await self._escalate(record, widening(record.urgency, now - record.offered_since))
            open_now = {found.consultation_id for found in self._pairing.everything()}
            self._escalated = {known: at for known, at in self._escalated.items() if known in open_now}
        await self._look_ahead()
        self._screens.touch_waiting()
        await self._tidy()

    async def _tidy(self) -> None:
        for annex in self._annexes:
            try:
                await annex.tidy()
            except Exception as error:
                # What was decided stands; an annex tries again in some seconds.
                log.error("annex_not_tidy", **where(error))

    async def _escalate(self, record: ConsultationRecord, now: Widening) -> None:
        known = self._escalated.get(record.consultation_id, Widening.MATCHING)
        if record.urgency is Urgency.RED and now > known:
            await self._store.escalated(record, now)
            self._escalated[record.consultation_id] = now
            log.warning("red_case_waits", consultation_id=record.consultation_id, step=now.name.lower())

    async def _look_ahead(self) -> None:
        """Find out what may be said of each wait, once; nothing is said before that."""
        for record in self._pairing.queue():
            if not self._board.is_expected(record.consultation_id):
                self._board.expect(record.consultation_id, await self._store.outlook(record))

    # Decide, write, carry out, tell.

    async def _decide(
        self, consultation_id: str | None, act: Callable[[], Step | None], by: Principal | None = None
    ) -> None:
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
        await self._tidy()

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
        if Effect.CLOSE_ROOM in step.effects:
            for participant_id in members | gone:
                self._legs.exit(participant_id)
            self._legs.forget_stills(after.consultation_id)
        else:
            for participant_id in gone:
                self._legs.exit(participant_id)
            if after.state in ATTENDED:
                for participant_id in members:
                    self._legs.enter(participant_id, after.consultation_id)
        if after.state in WAITING:
            self._board.forget_place(after.record.station_id)
            self._legs.forget_rungs(after.record.station_id)
        # Those who are out, and everybody of a consultation that is over, see it a last time.
        open_now = self._pairing.get(after.consultation_id)
        out = gone if open_now is not None else members | gone
        for participant_id in members:
            self._refresh(participant_id)
        for annex in self._annexes:
            annex.moved(before, after)
        self._screens.tell(self._pairing.get(after.consultation_id) or after, sorted(out))
        self._screens.touch(after.consultation_id)

    async def _give_up(self, participant_id: str) -> None:
        """Out of the consultation for good; a patient stays. If the disk fails, a reminder tries again."""
        found = self._pairing.of(participant_id)
        if found is None:
            return
        try:
            await self._decide(found.consultation_id, lambda: self._pairing.give_up(participant_id))
        except Refused as refused:
            log.error("not_given_up", code=refused.code, consultation_id=found.consultation_id)

    # Links come and go.

    def _refresh(self, participant_id: str) -> None:
        """Bring a participant's presence up to date with its leg and its session."""
        presence = self._presence(participant_id)
        step = self._pairing.present(participant_id, presence)
        if step is not None:
            if Effect.RECORD in step.effects:
                self._spawn(self._record(step.consultation.consultation_id))
            self._screens.touch(step.consultation.consultation_id)
        for annex in self._annexes:
            annex.touched(participant_id)
        beside = any(annex.has(participant_id) for annex in self._annexes)
        if presence is Presence.AWAY and (step is not None or beside):
            self._spawn(self._give_up_unless_back(participant_id))

    async def _give_up_unless_back(self, participant_id: str) -> None:
        if self._presence(participant_id) is Presence.AWAY:
            for annex in self._annexes:
                await annex.given_up(participant_id, off_duty=False)
            await self._give_up(participant_id)

    def _presence(self, participant_id: str) -> Presence:
        if self._legs.connected(participant_id):
            return Presence.CONNECTED
        return Presence.RECONNECTING if self._hub.has_session(participant_id) else Presence.AWAY

    def _member(self, principal: Principal) -> Member:
        presence = self._presence(principal.participant_id)
        return Member(principal.participant_id, principal.role, principal.name, presence)

    async def _record(self, consultation_id: str) -> None:
        """Write down where a call stands; nobody waits for it."""
        async with self._lock:
            found = self._pairing.get(consultation_id)
            if found is not None:
                await self._store.save(found.record)
        self._screens.flush()

    def _call_used(self, use: CallUse) -> None:
        task = asyncio.get_running_loop().create_task(self._keep_use(use))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def _keep_use(self, use: CallUse) -> None:
        """Write what somebody's part of a call took; a report that lacks it ends no call."""
        try:
            await self._store.keep_use(use)
        except Exception as error:
            log.error("use_not_kept", consultation_id=use.consultation_id, **where(error))

    def _link_changed(self, participant_id: str) -> None:
        self._tell_others(participant_id, self._screens.touch_links)

    def _tell_others(self, participant_id: str, touch: Callable[[str], None]) -> None:
        found = self._pairing.of(participant_id)
        if found is not None:
            touch(found.consultation_id)
        for annex in self._annexes:
            annex.touched(participant_id)

    # In the background.

    async def _for_ever(self, every_s: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                await work()
            except Exception as error:
                # One that fails must not be the last.
                log.error("periodic_work_failed", **where(error))

    async def _remind(self) -> None:
        """Tell those who wait that they do, and give up whoever could not be given up before."""
        async with self._lock:
            self._board.show_places()
        self._screens.flush()
        for found in self._pairing.everything():
            for member in found.members:
                if member.role is not Role.STATION and member.presence is Presence.AWAY:
                    await self._give_up_unless_back(member.participant_id)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        with contextlib.suppress(asyncio.CancelledError):
            error = task.exception()
            if error is not None:
                log.error("background_failed", **where(error))
