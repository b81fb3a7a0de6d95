"""One consultation and its participants, as values that move through the table of states.py.

Owns: who is in a consultation, who is in charge, and the effects of each step, which the server carries out. Must
never do I/O, read a clock or make an id. Nothing changes in place: each step returns a new value.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from signaling.errors import Refused
from signaling.limits import MAX_PARTICIPANTS
from signaling.messages import ConsultationState, Presence, Role, Urgency
from signaling.routing import NO_WISHES, Wishes
from signaling.states import ATTENDED, FINAL, Effect, Event, move

# A call needs somebody to talk and somebody to listen.
MIN_REACHABLE = 2


@dataclass(frozen=True, slots=True)
class Member:
    """One participant. ``left``: it left on purpose, so a connected leg alone does not bring it back."""

    participant_id: str
    role: Role
    name: str
    presence: Presence = Presence.AWAY
    left: bool = False

    @property
    def reachable(self) -> bool:
        """Whether media can flow to and from this participant."""
        return self.presence is Presence.CONNECTED and not self.left


@dataclass(frozen=True, slots=True)
class ConsultationRecord:
    """A consultation as it is stored on disk. Times are UTC seconds.

    ``wishes`` and ``routed_at`` (the time of the last handover) come from its case and decide who is offered it;
    ``handed_over_by`` is the name of the clinician who handed it over; "": nobody.
    """

    consultation_id: str
    station_id: str
    station_name: str
    site: str
    urgency: Urgency
    reason: str = field(repr=False)
    state: ConsultationState
    requested_at: float
    clinician_id: str | None = None
    clinician_name: str | None = None
    accepted_at: float | None = None
    closed_at: float | None = None
    closed_by: str | None = None
    wishes: Wishes = NO_WISHES
    routed_at: float | None = None
    handed_over_by: str = ""

    @property
    def offered_since(self) -> float:
        """The time from which its offer widens."""
        return self.requested_at if self.routed_at is None else self.routed_at


@dataclass(frozen=True, slots=True)
class Consultation:
    """A consultation and who is in it; the station comes first."""

    record: ConsultationRecord
    members: tuple[Member, ...]

    @property
    def consultation_id(self) -> str:
        """The identifier, also of the media room."""
        return self.record.consultation_id

    @property
    def state(self) -> ConsultationState:
        """Its state in the table of states.py."""
        return self.record.state

    @property
    def reachable(self) -> int:
        """The number of participants whom media can reach."""
        return sum(member.reachable for member in self.members)

    def member(self, participant_id: str) -> Member | None:
        """The participant with this id, if it is in the consultation."""
        return next((m for m in self.members if m.participant_id == participant_id), None)


@dataclass(frozen=True, slots=True)
class Step:
    """The consultation after an event, and the effects that the server must carry out."""

    consultation: Consultation
    effects: tuple[Effect, ...] = ()

    def then(self, other: Step) -> Step:
        """Both steps as one."""
        return Step(other.consultation, self.effects + other.effects)


def request(
    consultation_id: str,
    station: Member,
    *,
    site: str,
    urgency: Urgency,
    reason: str,
    now: float,
    wishes: Wishes = NO_WISHES,
) -> Step:
    """A station asks for a clinician. ``now`` in UTC seconds."""
    record = ConsultationRecord(
        consultation_id=consultation_id,
        station_id=station.participant_id,
        station_name=station.name,
        site=site,
        urgency=urgency,
        reason=reason,
        state=ConsultationState.REQUESTED,
        requested_at=now,
        wishes=wishes,
    )
    return Step(Consultation(record, (station,)), (Effect.SAVE,))


def reload(record: ConsultationRecord) -> Step:
    """A consultation read from disk after a restart: nobody is reachable, and all its participants may return."""
    members = [Member(record.station_id, Role.STATION, record.station_name)]
    state = record.state
    if state in ATTENDED and record.clinician_id is not None:
        members.append(Member(record.clinician_id, Role.CLINICIAN, record.clinician_name or ""))
        # Media rooms end with the process, so it does not matter whether the call had begun.
        state = ConsultationState.INTERRUPTED
    elif state not in FINAL:
        state = ConsultationState.REQUESTED
    return Step(Consultation(replace(record, state=state), tuple(members)))


def apply(consultation: Consultation, event: Event) -> Step:
    """Move through the table, the participants unchanged. Raises Refused."""
    state, effects = move(consultation.state, event)
    return Step(replace(consultation, record=replace(consultation.record, state=state)), effects)


def accept(consultation: Consultation, clinician: Member, now: float) -> Step:
    """One clinician takes charge. Raises Refused."""
    step = apply(consultation, Event.ACCEPT)
    record = replace(
        step.consultation.record,
        clinician_id=clinician.participant_id,
        clinician_name=clinician.name,
        accepted_at=now,
    )
    return Step(replace(_with(consultation, clinician), record=record), step.effects)


def finish(consultation: Consultation, event: Event, by: str, now: float) -> Step:
    """End or cancel. Raises Refused."""
    step = apply(consultation, event)
    record = replace(step.consultation.record, closed_at=now, closed_by=by)
    return Step(replace(step.consultation, record=record), step.effects)


def join(consultation: Consultation, member: Member) -> Step:
    """A participant joins or returns. Raises Refused."""
    if consultation.state in FINAL:
        raise Refused("consultation_over")
    return settle(_with(consultation, member))


def leave(consultation: Consultation, participant_id: str) -> Step:
    """A participant leaves, or is given up. Raises Refused if it is not in the consultation."""
    member = consultation.member(participant_id)
    if member is None:
        raise Refused("unknown_consultation")
    if consultation.state in FINAL:
        raise Refused("consultation_over")
    if member.role is Role.STATION:
        if consultation.state not in ATTENDED:
            raise Refused("not_in_call")
        return settle(_with(consultation, replace(member, presence=Presence.AWAY, left=True)))
    rest = tuple(m for m in consultation.members if m is not member)
    without = replace(consultation, members=rest)
    if participant_id != consultation.record.clinician_id:
        return settle(without)
    successor = next((m for m in rest if m.role is Role.CLINICIAN), None)
    if successor is not None:
        return Step(_in_charge(without, successor), (Effect.SAVE,)).then(
            settle(_in_charge(without, successor))
        )
    return apply(_in_charge(without, None), Event.RELEASE)


def transfer(consultation: Consultation, clinician_id: str, wishes: Wishes, now: float) -> Step:
    """The clinician in charge hands the patient over, who waits again for other clinicians. Raises Refused."""
    if consultation.record.clinician_id != clinician_id:
        raise Refused("not_in_call")
    rest = tuple(m for m in consultation.members if m.role is not Role.CLINICIAN)
    by = consultation.record.clinician_name or ""
    record = replace(consultation.record, wishes=wishes, routed_at=now, handed_over_by=by)
    return apply(_in_charge(replace(consultation, members=rest, record=record), None), Event.RELEASE)


def present(consultation: Consultation, participant_id: str, presence: Presence) -> Step:
    """A participant's presence has changed. An unknown participant changes nothing."""
    member = consultation.member(participant_id)
    if member is None or member.left:
        return Step(consultation)
    return settle(_with(consultation, replace(member, presence=presence)))


def settle(consultation: Consultation) -> Step:
    """Follow the number of reachable participants into or out of the call."""
    enough = consultation.reachable >= MIN_REACHABLE
    if enough and consultation.state in (ConsultationState.ACCEPTED, ConsultationState.INTERRUPTED):
        return apply(consultation, Event.REACH)
    if not enough and consultation.state is ConsultationState.IN_CALL:
        return apply(consultation, Event.LOSE)
    return Step(consultation)


def _with(consultation: Consultation, member: Member) -> Consultation:
    others = consultation.members
    if consultation.member(member.participant_id) is not None:
        members = tuple(member if m.participant_id == member.participant_id else m for m in others)
    elif len(others) >= MAX_PARTICIPANTS:
        raise Refused("consultation_full")
    else:
        members = (*others, member)
    return replace(consultation, members=members)


def _in_charge(consultation: Consultation, clinician: Member | None) -> Consultation:
    record = replace(
        consultation.record,
        clinician_id=clinician.participant_id if clinician else None,
        clinician_name=clinician.name if clinician else None,
        accepted_at=consultation.record.accepted_at if clinician else None,
    )
    return replace(consultation, record=record)
