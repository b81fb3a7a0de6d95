"""The data volume, the link and the rungs of one participant's call, measured during the call.

Owns: `CallMeter`. Pure: times (UTC seconds) and the engine's counters are arguments. Must never hold anything about
the participant except two ids, nor any content of the call.
"""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass, field

from signaling.messages import Rung

# The link is reported about every two seconds; this keeps the last two hours, so that memory stays bounded.
SAMPLES_MAX = 3600
# From the best rung to the poorest.
_ORDER = list(Rung)


@dataclass(frozen=True, slots=True)
class CallUse:
    """One participant's part of one call. ``down_bytes`` were sent to the participant, ``up_bytes`` received, with
    the headers of UDP and IP. ``rung_seconds``: the time of the poorer direction on each rung.
    """

    consultation_id: str
    participant_id: str
    began_at: float
    ended_at: float
    down_bytes: int = 0
    up_bytes: int = 0
    rtt_median_ms: int | None = None
    loss_ratio: float | None = None
    outages: int = 0
    rung_seconds: dict[str, int] = field(default_factory=dict)


class CallMeter:
    """Begins when a participant enters a room, ends when it leaves it."""

    def __init__(self, consultation_id: str, participant_id: str, now: float) -> None:
        self._consultation_id = consultation_id
        self._participant_id = participant_id
        self._began_at = now
        self._bytes = [0, 0]
        self._before = (0, 0)
        self._rtts_ms: deque[int] = deque(maxlen=SAMPLES_MAX)
        self._losses: deque[float] = deque(maxlen=SAMPLES_MAX)
        self._outages = 0
        self._is_out = False
        self._rung: str | None = None
        self._stood_on: str | None = None
        self._rung_since = now
        self._rung_s: dict[str, float] = {}

    def leg_began(self, counters: tuple[int, int]) -> None:
        """A new leg carries the call; ``counters``: its bytes to and from the participant so far."""
        self._before = counters

    def leg_ended(self, counters: tuple[int, int]) -> None:
        """The leg no longer carries the call; ``counters``: its bytes at its end."""
        for way in (0, 1):
            self._bytes[way] += max(0, counters[way] - self._before[way])
        self._before = counters

    def link(self, rtt_ms: int | None, loss_ratio: float | None) -> None:
        """Add a measurement of the link."""
        if rtt_ms is not None:
            self._rtts_ms.append(rtt_ms)
        if loss_ratio is not None:
            self._losses.append(loss_ratio)

    def connected(self, on: bool, now: float) -> None:
        """Note whether media can flow. An outage counts when it begins; its time counts for no rung."""
        if on and self._is_out:
            self._stand(self._stood_on, now)
        elif not on and not self._is_out:
            self._outages += 1
            self._stood_on = self._rung
            self._stand(None, now)
        self._is_out = not on

    def stands_on(self, down: Rung, up: Rung, now: float) -> None:
        """Note the rungs of both directions from now on; during an outage they apply from its end on."""
        poorer = max(down, up, key=_ORDER.index).value
        if self._is_out:
            self._stood_on = poorer
        else:
            self._stand(poorer, now)

    def finish(self, now: float) -> CallUse:
        """The result of the whole call. `leg_ended` must come first."""
        self._stand(None, now)
        return CallUse(
            consultation_id=self._consultation_id,
            participant_id=self._participant_id,
            began_at=self._began_at,
            ended_at=now,
            down_bytes=self._bytes[0],
            up_bytes=self._bytes[1],
            rtt_median_ms=int(statistics.median(self._rtts_ms)) if self._rtts_ms else None,
            loss_ratio=statistics.fmean(self._losses) if self._losses else None,
            outages=self._outages,
            rung_seconds={rung: round(seconds) for rung, seconds in self._rung_s.items() if seconds >= 0.5},
        )

    def _stand(self, rung: str | None, now: float) -> None:
        if self._rung is not None:
            self._rung_s[self._rung] = self._rung_s.get(self._rung, 0.0) + max(0.0, now - self._rung_since)
        self._rung, self._rung_since = rung, now
