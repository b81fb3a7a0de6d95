"""The life of one publisher's picture, as one table.

Owns: `TABLE` and `move`. Must never know a link, a wait or what time it is: picturelife.py does.

The theory, on one page. Voice comes first. A picture starts only after voice has run clean, and gives way before
voice suffers. A paused picture gives an estimate nothing to grow on, so a picture that is not allowed to start is
tried again from time to time.

- *Resting*: no picture flows, and none has just failed. It starts where there is room. Where there is none, and
  nobody measures whether there is more, it is tried after a wait.
- *Trial*: it flows on a guess: without room, or after it has failed. For a while the estimate is ignored, so that
  it can grow, and the first sign that voice suffers ends the trial.
- *Flowing*: it flows, and gives way when voice suffers, or its own room is gone, for longer than the links take to
  answer.
- *Proven*: it has flowed for so long that it was no failed trial. When it gives way all the same, its past failures
  are forgiven.
- *Failed*: it gave way. It waits, twice as long after each failure, and starts again on trial only. Where probes
  show that the links have become much wider, that failure says little and the first wait is enough.

Nobody looks, or the camera is off: that is nobody's fault. The picture rests and may come back at once; a wait that
still runs goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class PictureState(StrEnum):
    """Where a picture stands."""

    RESTING = "resting"
    TRIAL = "trial"
    FLOWING = "flowing"
    PROVEN = "proven"
    FAILED = "failed"


class Event(StrEnum):
    """What can happen to a picture."""

    START = "start"  # there is room, and the picture has never failed
    TRY = "try"  # a wait is over: on a guess
    LAST = "last"  # it has flowed for a while
    FAIL = "fail"  # voice suffers, or the room is gone
    HIDE = "hide"  # nobody looks, or the camera is off


class Effect(StrEnum):
    """What a move does to the times."""

    BEGIN = "begin"  # the picture flows from now on
    FORGIVE = "forgive"  # the next wait is the first again
    WAIT = "wait"  # a wait begins; the next one is twice as long


_S, _E, _F = PictureState, Event, Effect
Move = tuple[PictureState, tuple[Effect, ...]]

_HIDE: Move = (_S.RESTING, ())
_TRY: Move = (_S.TRIAL, (_F.BEGIN,))
_FAIL: Move = (_S.FAILED, (_F.WAIT,))

TABLE: Mapping[PictureState, Mapping[Event, Move]] = {
    _S.RESTING: {
        _E.START: (_S.FLOWING, (_F.BEGIN,)),
        _E.TRY: _TRY,
    },
    _S.TRIAL: {
        _E.LAST: (_S.FLOWING, ()),
        _E.FAIL: _FAIL,
        _E.HIDE: _HIDE,
    },
    _S.FLOWING: {
        _E.LAST: (_S.PROVEN, ()),
        _E.FAIL: _FAIL,
        _E.HIDE: _HIDE,
    },
    _S.PROVEN: {
        _E.FAIL: (_S.FAILED, (_F.FORGIVE, _F.WAIT)),
        _E.HIDE: _HIDE,
    },
    _S.FAILED: {
        _E.TRY: _TRY,
    },
}
FLOWS = frozenset({_S.TRIAL, _S.FLOWING, _S.PROVEN})


def move(state: PictureState, event: Event) -> Move:
    """The state after ``event`` and its effects. Raises KeyError where the event cannot happen."""
    return TABLE[state][event]
