"""Mediators in consultations: asked, come in bound by their pledge, sent out, gone.

Owns: who of the mediators is on duty, the invitations and questions that wait, and which mediation a member of a
consultation is. Must never ask a mediator before the patient has said yes, nor let anybody in whose pledge is not
on disk; what is in a case is not for a mediator (notifier.py).
"""

from __future__ import annotations

import structlog

from server.calls.desk.events import (
    ConsultationMoved,
    ConsultationMoves,
    GivenUp,
    SessionOpened,
    Started,
    TurnOver,
)
from server.calls.desk.state import DeskState, Handlers
from server.calls.desk.turn import Turns
from server.mediators.store import Mediations
from server.people.principal import Principal
from server.platform.faults import where
from server.platform.ids import new_id
from signaling import messages as wire
from signaling.consultation import Consultation
from signaling.errors import Refused
from signaling.invitations import (
    Invitations,
    OpenInvitation,
    PatientQuestion,
    PatientQuestions,
    expires_at,
)
from signaling.messages import MediationState, RemovalReason, Role
from signaling.states import ATTENDED, FINAL

log = structlog.get_logger(__name__)


class Mediators:
    """The live side of mediations: follows the events of the desk, and takes turns at it."""

    def __init__(self, desk: DeskState, turns: Turns, mediations: Mediations) -> None:
        self._desk = desk
        self._turns = turns
        self._pairing = desk.pairing
        self._hub = desk.hub
        self._clock = desk.clock
        self._mediations = mediations
        self._on_duty: set[str] = set()
        self._invitations = Invitations()
        self._questions = PatientQuestions()
        # Of everybody who is in: (consultation, mediator) -> mediation.
        self._joined: dict[tuple[str, str], OpenInvitation | str] = {}
        self._removed: dict[tuple[str, str], tuple[Principal, RemovalReason]] = {}
        # Out, and not yet written.
        self._gone: list[tuple[str, tuple[Principal, RemovalReason] | None, OpenInvitation | None]] = []
        desk.events.when(Started, self._start)
        desk.events.on(SessionOpened, self._session_opened)
        desk.events.when(GivenUp, self._given_up)
        desk.events.when(ConsultationMoves, self._moves)
        desk.events.on(ConsultationMoved, lambda event: self._moved(event.before, event.after))
        desk.events.when(TurnOver, self._settle)

    @property
    def handlers(self) -> Handlers:
        """Which messages it carries out."""
        return {
            wire.SetDuty: self._set_duty,
            wire.InviteMediator: self.invite,
            wire.AnswerInvitation: self.answer,
            wire.RemoveParticipant: self.remove,
        }

    async def _start(self, _: Started) -> None:
        """Bring those back who were in a consultation when the process ended."""
        for found in await self._mediations.restart():
            consultation = self._pairing.get(found.case_id)
            elsewhere = self._pairing.of(found.mediator_id) is not None
            if consultation is None or elsewhere or not found.may_stay:
                await self._mediations.ended(found.mediation_id)
                continue
            principal = Principal(found.mediator_id, Role.MEDIATOR, found.name, "")
            self._hub.expect(principal)
            self._pairing.join(found.case_id, self._desk.member(principal))
            if consultation.state in ATTENDED:
                self._desk.legs.enter(found.mediator_id, found.case_id)
            self._joined[found.case_id, found.mediator_id] = found.mediation_id
        on_duty = await self._desk.store.on_duty()
        self._on_duty = {who.participant_id for who in on_duty if who.role is Role.MEDIATOR}

    def _session_opened(self, event: SessionOpened) -> None:
        participant_id = event.principal.participant_id
        if event.principal.role is Role.MEDIATOR:
            self._tell_duty(participant_id)
        found = self._pairing.of(participant_id)
        question = self._questions.of(found.consultation_id) if found is not None else None
        if found is not None and question is not None and participant_id == found.record.station_id:
            self._post_question(found, question)

    async def _given_up(self, event: GivenUp) -> None:
        """Whoever is out of reach cannot be asked."""
        self._on_duty.discard(event.participant_id)

    def is_free(self, mediator_id: str) -> bool:
        """Whether a mediator could come now."""
        return mediator_id in self._on_duty and not self._desk.is_busy(mediator_id)

    async def _set_duty(self, principal: Principal, message: wire.SetDuty) -> None:
        """A mediator can be asked from now on, or no longer."""
        if principal.role is not Role.MEDIATOR:
            return  # a clinician's: server/calls/desk/consultation_requests.py
        await self._desk.store.keep_duty(principal.participant_id, on=message.on)
        if message.on:
            self._on_duty.add(principal.participant_id)
        else:
            self._on_duty.discard(principal.participant_id)
        self._tell_duty(principal.participant_id)

    def _tell_duty(self, mediator_id: str) -> None:
        """Tell a mediator whether the server holds them to be on duty, and what they are asked."""
        self._hub.post(mediator_id, wire.Duty(on=mediator_id in self._on_duty), "duty")
        for one in self._invitations.of_mediator(mediator_id):
            self._post_invitation(one)

    async def invite(self, principal: Principal, message: wire.InviteMediator) -> None:
        """Ask one, whom the patient agreed to; else the patient is asked first. Raises Refused."""
        found = self._led_by(principal, message.consultation_id)
        if not self.is_free(message.mediator_id):
            raise Refused("mediator_busy")
        self._invitations.may_ask(found.consultation_id, message.mediator_id)
        try:
            invited = await self._mediations.invite(principal, found.consultation_id, message.mediator_id)
        except Refused as refused:
            # The page of a station puts the question itself.
            if refused.code != "consent_missing" or principal.role is Role.STATION:
                raise
            await self._ask_patient(principal, found, message.mediator_id)
            return
        self._questions.answered(found.consultation_id)
        one = OpenInvitation(
            invitation_id=invited.mediation_id,
            consultation_id=found.consultation_id,
            mediator_id=message.mediator_id,
            mediator_name=invited.mediator_name,
            asked_by=principal.participant_id,
            asked_by_name=principal.name,
            site=found.record.site,
            language=invited.language,
            discreet=invited.discreet,
            expires_at=expires_at(self._clock()),
        )
        self._invitations.add(one)
        self._post_invitation(one)
        self._tell(one, MediationState.INVITED)

    async def _ask_patient(self, principal: Principal, found: Consultation, mediator_id: str) -> None:
        """The nurse asks; a yes on disk lets the station invite, a no ends the question."""
        question = PatientQuestion(
            question_id=new_id("md"),
            consultation_id=found.consultation_id,
            mediator_id=mediator_id,
            mediator_name=await self._mediations.name_of(mediator_id),
            asked_by=principal.participant_id,
            asked_by_name=principal.name,
        )
        self._questions.ask(question)
        self._post_question(found, question)
        self._tell_question(question, MediationState.ASKING)

    async def answer(self, principal: Principal, message: wire.AnswerInvitation) -> None:
        """A mediator comes, or does not. Raises Refused."""
        who = principal.participant_id
        if message.accept and self._desk.is_busy(who):
            raise Refused("already_in_consultation")
        one = self._invitations.take(message.invitation_id, who, self._clock())
        if not message.accept:
            await self._mediations.not_joined(one.invitation_id, MediationState.DECLINED)
            self._tell(one, MediationState.DECLINED)
            return
        await self._join(principal, one, message)
        self._tell(one, MediationState.JOINED)

    async def _join(self, principal: Principal, one: OpenInvitation, message: wire.AnswerInvitation) -> None:
        """The pledge and the coming in are one turn: an agreement taken back comes before both, or after both."""
        key = (one.consultation_id, principal.participant_id)
        try:
            async with self._turns.begin(one.consultation_id, principal) as turn:
                await self._mediations.join(
                    principal, one.invitation_id, message.pledge or "", message.language or ""
                )
                self._joined[key] = one
                turn.step = self._pairing.join(one.consultation_id, self._desk.member(principal))
        except Refused as refused:
            if self._joined.pop(key, None) is not None:
                await self._mediations.ended(one.invitation_id)
            elif refused.code == "pledge_missing":
                self._invitations.add(one)  # the page may read it out and ask again
            else:
                await self._mediations.not_joined(one.invitation_id, MediationState.EXPIRED)
                self._tell(one, MediationState.EXPIRED)
            raise

    async def remove(self, principal: Principal, message: wire.RemoveParticipant) -> None:
        """Send one out. Raises Refused."""
        found = self._led_by(principal, message.consultation_id)
        member = found.member(message.participant_id)
        if member is None or member.role is not Role.MEDIATOR:
            raise Refused("unknown_mediator")
        if message.why is RemovalReason.PATIENT_WISH:
            await self._mediations.agreement_taken_back(principal, found.consultation_id)
        await self._send_out(principal, found.consultation_id, member.participant_id, message.why)

    async def agreement_withdrawn(self, principal: Principal, case_id: str) -> None:
        """The patient does not agree to a mediator, and that is on disk: whoever is in goes at once.

        Who was only asked finds no agreement when they come. Raises Refused when it cannot be written.
        """
        question = self._questions.answered(case_id)
        if question is not None:
            self._tell_question(question, MediationState.REFUSED)
        async with self._desk.lock:  # whoever is coming in right now is in before this looks, or not at all
            found = self._pairing.get(case_id)
        for member in found.members if found is not None else ():
            if member.role is Role.MEDIATOR and not member.left:
                await self._send_out(principal, case_id, member.participant_id, RemovalReason.PATIENT_WISH)

    async def _send_out(self, by: Principal, case_id: str, mediator_id: str, why: RemovalReason) -> None:
        key = (case_id, mediator_id)
        self._removed[key] = (by, why)
        try:
            async with self._turns.begin(case_id, by) as turn:
                turn.step = self._pairing.leave(case_id, mediator_id)
        finally:
            self._removed.pop(key, None)

    async def _moves(self, event: ConsultationMoves) -> None:
        """Write down who is about to be out: nobody who is told so may be back after a crash."""
        for key in self._out(event.before, event.after):
            await self._mediations.ended(_id_of(self._joined[key]), self._removed.get(key))

    def _moved(self, before: Consultation | None, after: Consultation) -> None:
        """A consultation has changed: who was in it and is no longer."""
        for key in self._out(before, after):
            joined = self._joined.pop(key)
            told = joined if isinstance(joined, OpenInvitation) else None
            self._gone.append((_id_of(joined), self._removed.get(key), told))

    def _out(self, before: Consultation | None, after: Consultation) -> list[tuple[str, str]]:
        """(consultation, mediator) of those who were in it and are no longer."""
        over = after.state in FINAL
        return [
            key
            for key in self._joined
            if key[0] == after.consultation_id
            and before is not None
            and before.member(key[1]) is not None
            and (over or after.member(key[1]) is None)
        ]

    async def _settle(self, _: TurnOver) -> None:
        """Write down who is out, and let invitations end that nobody answered."""
        self._questions.drop(self._is_open)
        for one in self._invitations.drop(self._clock(), self._is_open):
            await self._mediations.not_joined(one.invitation_id, MediationState.EXPIRED)
            self._tell(one, MediationState.EXPIRED)
        await self._write_gone()

    async def _write_gone(self) -> None:
        """Write down who is out. What the disk refuses is tried again later."""
        while self._gone:
            try:
                mediation_id, removed, told = self._gone[0]
                await self._mediations.ended(mediation_id, removed)
            except Exception as error:
                log.error("mediation_not_ended", **where(error))
                return
            del self._gone[0]
            # Only now: the mediator's page asks at once what is to be accounted for.
            if told is not None:
                self._tell(told, MediationState.REMOVED if removed else MediationState.LEFT)

    def _is_open(self, consultation_id: str) -> bool:
        return self._pairing.get(consultation_id) is not None

    def _led_by(self, principal: Principal, consultation_id: str) -> Consultation:
        found = self._pairing.get(consultation_id)
        if found is None or found.member(principal.participant_id) is None:
            raise Refused("unknown_consultation")
        return found

    def _post_invitation(self, one: OpenInvitation) -> None:
        left_s = max(0, int(one.expires_at - self._clock()))
        message = wire.Invitation(
            invitation_id=one.invitation_id,
            asked_by="" if one.discreet else one.asked_by_name,
            expires_in_s=left_s,
            site="" if one.discreet else one.site,
            language=one.language,
            discreet=one.discreet,
        )
        self._hub.post(one.mediator_id, message, f"invitation:{one.invitation_id}")

    def _post_question(self, found: Consultation, question: PatientQuestion) -> None:
        """To the station alone: no mediator knows of it yet."""
        message = wire.ConsentWanted(
            consultation_id=question.consultation_id,
            mediator_id=question.mediator_id,
            name=question.mediator_name,
            asked_by=question.asked_by_name,
        )
        self._hub.post(found.record.station_id, message, f"consent_wanted:{question.consultation_id}")

    def _tell_question(self, question: PatientQuestion, state: MediationState) -> None:
        """Tell who asked where the question to the patient stands."""
        message = wire.Mediation(
            invitation_id=question.question_id,
            consultation_id=question.consultation_id,
            mediator_id=question.mediator_id,
            name=question.mediator_name,
            state=state,
        )
        self._hub.post(question.asked_by, message, f"mediation:{question.question_id}")

    def _tell(self, one: OpenInvitation, state: MediationState) -> None:
        """Tell who asked, who leads, and the mediator."""
        found = self._pairing.get(one.consultation_id)
        led = {m.participant_id for m in found.members if m.role is not Role.MEDIATOR} if found else set()
        message = wire.Mediation(
            invitation_id=one.invitation_id,
            consultation_id=one.consultation_id,
            mediator_id=one.mediator_id,
            name=one.mediator_name,
            state=state,
        )
        for participant_id in led | {one.asked_by, one.mediator_id}:
            self._hub.post(participant_id, message, f"mediation:{one.invitation_id}")


def _id_of(joined: OpenInvitation | str) -> str:
    return joined if isinstance(joined, str) else joined.invitation_id
