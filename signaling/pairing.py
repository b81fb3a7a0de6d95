"""All open consultations, the clinicians on duty, and the rules between them.

Owns: these guarantees: no patient has two clinicians in charge, no participant is in two consultations, a station
has one open consultation, and every open consultation is in the queue or with a clinician. Must never do I/O or
read a clock.

Each method decides, keeps the result and returns the `Step` that the server carries out. If the server cannot write
the step to disk, it calls `undo`, which restores the previous state.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from signaling import consultation as life
from signaling import queue
from signaling.consultation import Consultation, ConsultationRecord, Member, Step
from signaling.errors import Refused
from signaling.messages import ConsultationState, Presence, Role, Urgency
from signaling.routing import NO_WISHES, Skills, Wishes, offered, width_after
from signaling.states import FINAL, WAITING, Event

# How many ended consultations are remembered. If two people end one at the same time, the slower one reads "it is
# over" instead of "unknown".
REMEMBERED_OVER = 1_000


class Pairing:
    """All open consultations of the server."""

    def __init__(self) -> None:
        self._open: dict[str, Consultation] = {}
        self._of: dict[str, str] = {}
        self._on_duty: dict[str, Skills] = {}
        # The newest time that a caller has given; offers widen with it.
        self._now = float("-inf")
        self._over: OrderedDict[str, None] = OrderedDict()

    def reroute(self, now: float) -> list[Consultation]:
        """Set the current time (UTC seconds); returns the consultations whose state changes by it."""
        self._now = max(self._now, now)
        return [after for before in self.everything() if (after := self._offer(before)) is not before]

    def offered_to(self, record: ConsultationRecord) -> list[str]:
        """The clinicians on duty to whom a waiting consultation is offered."""
        width = width_after(record.urgency, self._now - record.offered_since)
        return [
            clinician_id
            for clinician_id, skills in self._on_duty.items()
            if offered(record.wishes, width, clinician_id, skills, self._on_duty)
        ]

    def skills(self, clinician_id: str) -> Skills:
        """The skills of a clinician on duty; empty for anybody else."""
        return self._on_duty.get(clinician_id, Skills())

    def restore(self, records: Iterable[ConsultationRecord]) -> list[Consultation]:
        """Add the open consultations that were read from disk after a restart."""
        return [self._keep(life.reload(record)).consultation for record in records]

    def get(self, consultation_id: str) -> Consultation | None:
        """An open consultation."""
        return self._open.get(consultation_id)

    def of(self, participant_id: str) -> Consultation | None:
        """The open consultation a participant is in."""
        found = self._of.get(participant_id)
        return None if found is None else self._open[found]

    def everything(self) -> list[Consultation]:
        """Every open consultation."""
        return list(self._open.values())

    def queue(self) -> list[ConsultationRecord]:
        """The waiting consultations, in order."""
        return queue.order(c.record for c in self._open.values() if c.state in WAITING)

    @property
    def on_duty(self) -> frozenset[str]:
        """The clinicians on duty."""
        return frozenset(self._on_duty)

    def queue_of(self, clinician_id: str) -> list[ConsultationRecord]:
        """The waiting consultations that this clinician is offered, in order."""
        return [record for record in self.queue() if clinician_id in self.offered_to(record)]

    def request(
        self,
        consultation_id: str,
        station: Member,
        *,
        site: str,
        urgency: Urgency,
        reason: str,
        now: float,
        wishes: Wishes = NO_WISHES,
    ) -> Step:
        """A station asks for a clinician; a station with an open consultation returns to that one."""
        self._now = max(self._now, now)
        existing = self.of(station.participant_id)
        if existing is not None:
            return self._keep(life.join(existing, station))
        asked = life.request(
            consultation_id, station, site=site, urgency=urgency, reason=reason, now=now, wishes=wishes
        )
        return self._keep(asked)

    def set_duty(self, clinician_id: str, *, on: bool, skills: Skills | None = None) -> list[Consultation]:
        """A clinician goes on or off duty; returns the consultations whose state changes by it."""
        if on:
            self._on_duty[clinician_id] = skills or Skills()
        else:
            self._on_duty.pop(clinician_id, None)
        return [after for before in self.everything() if (after := self._offer(before)) is not before]

    def accept(self, consultation_id: str, clinician: Member, now: float) -> Step:
        """A clinician on duty takes a patient. Raises Refused."""
        found = self._find(consultation_id)
        if found.record.clinician_id == clinician.participant_id:
            return Step(found)
        if clinician.participant_id not in self._on_duty:
            raise Refused("not_on_duty")
        self._now = max(self._now, now)
        if found.state in WAITING and clinician.participant_id not in self.offered_to(found.record):
            raise Refused("unknown_consultation")
        self._must_be_free(clinician.participant_id)
        found = self._offer(found)
        return self._keep(life.accept(found, clinician, now))

    def join(self, consultation_id: str, member: Member) -> Step:
        """A further participant (a mediator, a second clinician) joins. Raises Refused."""
        found = self._find(consultation_id)
        if member.role is Role.STATION:
            raise Refused("unknown_consultation")
        if found.member(member.participant_id) is None:
            self._must_be_free(member.participant_id)
        return self._keep(life.join(found, member))

    def leave(self, consultation_id: str, participant_id: str) -> Step:
        """A participant leaves on purpose. Raises Refused."""
        return self._keep(life.leave(self._mine(consultation_id, participant_id), participant_id))

    def transfer(self, consultation_id: str, clinician_id: str, wishes: Wishes, now: float) -> Step:
        """The clinician in charge hands a patient over. Raises Refused."""
        self._now = max(self._now, now)
        found = self._mine(consultation_id, clinician_id)
        return self._keep(life.transfer(found, clinician_id, wishes, now))

    def end(self, consultation_id: str, participant_id: str, now: float) -> Step:
        """The station or a clinician closes it for everybody. Raises Refused."""
        found = self._mine(consultation_id, participant_id)
        return self._keep(life.finish(found, Event.END, participant_id, now))

    def cancel(self, consultation_id: str, station_id: str, now: float) -> Step:
        """The station withdraws its request. Raises Refused."""
        found = self._mine(consultation_id, station_id)
        return self._keep(life.finish(found, Event.CANCEL, station_id, now))

    def present(self, participant_id: str, presence: Presence) -> Step | None:
        """A participant's link was lost or came back; None if that changes nothing."""
        before = self.of(participant_id)
        if before is None:
            return None
        step = life.present(before, participant_id, presence)
        return None if step.consultation == before else self._keep(step)

    def give_up(self, participant_id: str) -> Step | None:
        """Stop waiting for a participant: a patient stays, others leave; None if nothing changes."""
        found = self.of(participant_id)
        if found is None:
            return None
        if participant_id == found.record.station_id:
            return self.present(participant_id, Presence.AWAY)
        return self._keep(life.leave(found, participant_id))

    def undo(self, consultation_id: str, before: Consultation | None) -> None:
        """Restore the previous state, because the step could not be written to disk."""
        self._drop(consultation_id)
        self._over.pop(consultation_id, None)
        if before is not None:
            self._hold(before)

    def _find(self, consultation_id: str) -> Consultation:
        found = self._open.get(consultation_id)
        if found is None:
            raise Refused("consultation_over" if consultation_id in self._over else "unknown_consultation")
        return found

    def _mine(self, consultation_id: str, participant_id: str) -> Consultation:
        found = self._find(consultation_id)
        if found.member(participant_id) is None:
            raise Refused("unknown_consultation")
        return found

    def _must_be_free(self, participant_id: str) -> None:
        if participant_id in self._of:
            raise Refused("already_in_consultation")

    def _keep(self, step: Step) -> Step:
        after = step.consultation
        self._drop(after.consultation_id)
        if after.state in FINAL:
            self._over[after.consultation_id] = None
            if len(self._over) > REMEMBERED_OVER:
                self._over.popitem(last=False)
            return step
        self._hold(after)
        return Step(self._offer(after), step.effects)

    def _hold(self, consultation: Consultation) -> None:
        self._open[consultation.consultation_id] = consultation
        for member in consultation.members:
            self._of[member.participant_id] = consultation.consultation_id

    def _drop(self, consultation_id: str) -> None:
        gone = self._open.pop(consultation_id, None)
        if gone is not None:
            for member in gone.members:
                self._of.pop(member.participant_id, None)

    def _offer(self, consultation: Consultation) -> Consultation:
        """Make a waiting consultation "offered" if a clinician on duty is offered it, otherwise "requested"."""
        if consultation.state not in WAITING:
            return consultation
        somebody = bool(self.offered_to(consultation.record))
        if consultation.state is ConsultationState.REQUESTED and somebody:
            after = life.apply(consultation, Event.OFFER).consultation
        elif consultation.state is ConsultationState.OFFERED and not somebody:
            after = life.apply(consultation, Event.WITHDRAW).consultation
        else:
            return consultation
        self._open[after.consultation_id] = after
        return after
