"""The states of a consultation and the moves between them, as one table.

Owns: `TABLE` and `move`. Must never know who is in a consultation, what time it is or what a socket does.

The theory in short. A consultation belongs to one patient at one station and exists from the request to the end,
before, during and after any call. Two kinds of events change it:

- *People decide*: the station asks, cancels or ends; a clinician accepts, leaves or ends. A decision about the case
  itself must be on disk before any page learns of it (effect SAVE).
- *Links come and go*: a leg connects or is lost. This moves the consultation between accepted, in_call and
  interrupted, and never ends it; only people end consultations.

While it waits it is `requested`, or `offered` when at least one clinician on duty has it on the screen.
`accept` gives it to one clinician and opens a room for the media. `reach` and `lose` follow from counting the
reachable participants (two make a call). `release` returns to the queue: the clinician left or was lost for
good, and a patient without a clinician waits again, with the waiting time kept. `closed` and
`cancelled` are final.

The station is the patient's place and stays listed to the end, reachable or not; everybody else comes and
goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from signaling.errors import Refused
from signaling.messages import ConsultationState


class Event(StrEnum):
    """What can happen to a consultation."""

    OFFER = "offer"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    REACH = "reach"
    LOSE = "lose"
    RELEASE = "release"
    END = "end"
    CANCEL = "cancel"


class Effect(StrEnum):
    """An effect of a move, which the server carries out."""

    SAVE = "save"  # write to disk before any page learns of the move
    RECORD = "record"  # write to disk soon; nobody waits for it
    OPEN_ROOM = "open_room"  # join the participants' legs
    CLOSE_ROOM = "close_room"  # separate them


_S, _E, _F = ConsultationState, Event, Effect
Move = tuple[ConsultationState, tuple[Effect, ...]]

_TO_QUEUE: Move = (_S.REQUESTED, (_F.SAVE,))
_CLOSE: Move = (_S.CLOSED, (_F.SAVE, _F.CLOSE_ROOM))
_CANCEL: Move = (_S.CANCELLED, (_F.SAVE, _F.CLOSE_ROOM))

TABLE: Mapping[ConsultationState, Mapping[Event, Move]] = {
    _S.REQUESTED: {
        _E.OFFER: (_S.OFFERED, ()),
        _E.CANCEL: _CANCEL,
    },
    _S.OFFERED: {
        _E.WITHDRAW: (_S.REQUESTED, ()),
        _E.ACCEPT: (_S.ACCEPTED, (_F.SAVE, _F.OPEN_ROOM)),
        _E.CANCEL: _CANCEL,
    },
    _S.ACCEPTED: {
        _E.REACH: (_S.IN_CALL, (_F.RECORD,)),
        _E.RELEASE: _TO_QUEUE,
        _E.END: _CLOSE,
        _E.CANCEL: _CANCEL,
    },
    _S.IN_CALL: {
        _E.LOSE: (_S.INTERRUPTED, (_F.RECORD,)),
        _E.RELEASE: _TO_QUEUE,
        _E.END: _CLOSE,
    },
    _S.INTERRUPTED: {
        _E.REACH: (_S.IN_CALL, (_F.RECORD,)),
        _E.RELEASE: _TO_QUEUE,
        _E.END: _CLOSE,
    },
    _S.CLOSED: {},
    _S.CANCELLED: {},
}

WAITING = frozenset({_S.REQUESTED, _S.OFFERED})
# States in which the consultation has a room and somebody in charge.
ATTENDED = frozenset({_S.ACCEPTED, _S.IN_CALL, _S.INTERRUPTED})
FINAL = frozenset({_S.CLOSED, _S.CANCELLED})


def move(state: ConsultationState, event: Event) -> Move:
    """The state after ``event`` and its effects. Raises Refused with the code of the text that a person reads."""
    found = TABLE[state].get(event)
    if found is not None:
        return found
    if state in FINAL:
        raise Refused("consultation_over")
    if event is Event.ACCEPT:
        raise Refused("already_taken" if state in ATTENDED else "not_on_duty")
    if event is Event.CANCEL:
        raise Refused("call_under_way")
    raise Refused("not_in_call")
