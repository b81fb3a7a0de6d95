"""The life of one publisher's picture, as one table.

Owns: `TABLE` and `move`. Must never know a link, a wait or the time: picturelife.py does.

The theory, on one page. Voice comes first. A picture starts only after voice has run clean, and gives way before
voice suffers. While a picture is paused its estimate cannot grow, so the picture is tried from time to time.

- *Resting*: no picture flows, and none has just failed. The picture starts when there is room. If there is none,
  and nothing measures whether there is more, it is tried after a wait.
- *Trial*: the picture flows as a guess: without room, or after a failure. For a while the estimate is ignored, so
  that it can grow. The first sign that voice suffers ends the trial.
- *Flowing*: the picture flows. It gives way when voice suffers, or its own room is gone, for longer than the links
  take to react.
- *Proven*: the picture has flowed for long enough to count as a success. When it gives way now, its past failures
  are forgiven.
- *Failed*: the picture gave way. It waits, twice as long after each failure, and starts again only on trial. If
  probes show that the links have become much wider, the failure says little and the first wait is enough. Where the
  packets of the picture vanish, room does not help, and it waits for the longest time.

If nobody watches, or the camera is off, that is not a failure. The picture rests and may come back at once; a wait
that has begun continues.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class PictureState(StrEnum):
    """The state of a picture."""

    RESTING = "resting"
    TRIAL = "trial"
    FLOWING = "flowing"
    PROVEN = "proven"
    FAILED = "failed"


class Event(StrEnum):
    """What can happen to a picture."""

    START = "start"  # there is room, and the picture has never failed
    TRY = "try"  # a wait is over: start as a guess
    LAST = "last"  # the picture has flowed for a while
    FAIL = "fail"  # voice suffers, the room is gone, or the picture vanishes on its way
    HIDE = "hide"  # nobody watches, or the camera is off


class Effect(StrEnum):
    """How a move changes the times and waits."""

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
    """The state after ``event`` and the effects. Raises KeyError if the event cannot happen in this state."""
    return TABLE[state][event]
