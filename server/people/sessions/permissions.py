"""Who may do what, as one table: over HTTP by the action, over the socket by the message.

Owns: every action and every message there is, and the roles that may do it. Must never know a case: whether this
person is part of *this* consultation is asked after the table has said yes. What is not in it is forbidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from signaling import messages as wire
from signaling.messages import Role


class Action(StrEnum):
    """Something that an interface lets people do."""

    BE_A_STATION = "be_a_station"
    OPEN_SOCKET = "open_socket"
    KEEP_OWN_ACCOUNT = "keep_own_account"
    ENROL_STATIONS = "enrol_stations"
    MANAGE_ACCOUNTS = "manage_accounts"
    OPEN_CASES = "open_cases"
    READ_CASES = "read_cases"
    TREAT_CASES = "treat_cases"
    RECORD_CONSENT = "record_consent"
    READ_CONSENTS = "read_consents"
    READ_ROSTER = "read_roster"
    KEEP_ROSTER = "keep_roster"
    KEEP_SITES = "keep_sites"
    WATCH_QUEUE = "watch_queue"
    READ_REPORTS = "read_reports"
    READ_AUDIT = "read_audit"
    FIND_MEDIATORS = "find_mediators"
    ACCOUNT_FOR_MEDIATIONS = "account_for_mediations"
    TAKE_SEATS = "take_seats"
    ASK_FOR_ANSWERS = "ask_for_answers"


_R = Role

# Everybody with an account of their own.
PEOPLE = frozenset(Role) - {Role.STATION}

ALLOWED: Mapping[Action, frozenset[Role]] = {
    Action.BE_A_STATION: frozenset({_R.STATION}),
    Action.OPEN_SOCKET: frozenset({_R.STATION, _R.CLINICIAN, _R.MEDIATOR}),
    Action.KEEP_OWN_ACCOUNT: PEOPLE,
    Action.ENROL_STATIONS: frozenset({_R.COORDINATOR, _R.ADMINISTRATOR}),
    Action.MANAGE_ACCOUNTS: frozenset({_R.ADMINISTRATOR}),
    Action.OPEN_CASES: frozenset({_R.STATION}),
    Action.READ_CASES: frozenset({_R.STATION, _R.CLINICIAN}),
    Action.TREAT_CASES: frozenset({_R.CLINICIAN}),
    Action.RECORD_CONSENT: frozenset({_R.STATION, _R.CLINICIAN}),
    Action.READ_CONSENTS: frozenset({_R.STATION, _R.CLINICIAN}),
    Action.READ_ROSTER: frozenset({_R.CLINICIAN, _R.COORDINATOR}),
    Action.KEEP_ROSTER: frozenset({_R.COORDINATOR}),
    Action.KEEP_SITES: frozenset({_R.COORDINATOR}),
    Action.WATCH_QUEUE: frozenset({_R.COORDINATOR}),
    Action.READ_REPORTS: frozenset({_R.COORDINATOR}),
    Action.READ_AUDIT: frozenset({_R.AUDITOR}),
    Action.FIND_MEDIATORS: frozenset({_R.STATION, _R.CLINICIAN}),
    Action.ACCOUNT_FOR_MEDIATIONS: frozenset({_R.MEDIATOR}),
    Action.TAKE_SEATS: frozenset({_R.STATION}),
    Action.ASK_FOR_ANSWERS: frozenset(Role),
}

_ON_SOCKET = ALLOWED[Action.OPEN_SOCKET]
_STATION = frozenset({_R.STATION})
_CLINICIAN = frozenset({_R.CLINICIAN})
_MEDIATOR = frozenset({_R.MEDIATOR})
_LEADERS = _STATION | _CLINICIAN

# What a page may ask over its socket. ``Hello``, ``Ping`` and ``Bye`` are the socket's own and ask for nothing.
SAYS: Mapping[type[wire.ClientMessage], frozenset[Role]] = {
    wire.LegOffer: _ON_SOCKET,
    wire.LegClose: _ON_SOCKET,
    wire.PathBlocked: _ON_SOCKET,
    wire.MediaState: _ON_SOCKET,
    wire.Preferences: _ON_SOCKET,
    wire.SendReport: _ON_SOCKET,
    wire.AskStill: _CLINICIAN,
    wire.DeclineStill: _ON_SOCKET,
    wire.RequestConsultation: _STATION,
    wire.CancelRequest: _STATION,
    wire.SetDuty: _CLINICIAN | _MEDIATOR,
    wire.Accept: _CLINICIAN,
    wire.Leave: _ON_SOCKET,
    wire.End: _LEADERS,
    wire.InviteMediator: _LEADERS,
    wire.AnswerInvitation: _MEDIATOR,
    wire.RemoveParticipant: _LEADERS,
    wire.OpenGroup: _CLINICIAN,
    wire.AskSeat: _STATION,
    wire.AdmitSeat: _CLINICIAN,
    wire.MuteSeat: _CLINICIAN,
    wire.RemoveSeat: _CLINICIAN,
    wire.LeaveGroup: _LEADERS,
}


def may_say(role: Role, message: type[wire.ClientMessage]) -> bool:
    """Whether this role may ask this over the socket at all."""
    return role in SAYS.get(message, frozenset())


def allowed(role: Role, action: Action) -> bool:
    """Whether this role may do this at all."""
    return role in ALLOWED.get(action, frozenset())
