"""The engine's one clock: it gives every leg its turn, forty times a second.

Owns: the distribution of turns over a round, so that no packet waits long for them, and the handling of a failed
turn. Must never know what happens in a turn.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable, Mapping, Sequence

import structlog

from media.engine.relay.control import LegControl

log = structlog.get_logger(__name__)

# Urgent feedback (NACK, PLI, transport-wide) is checked this often: near the shortest packet time of a voice, 20
# ms.
TICK_S = 0.025
# Legs with a turn without a pause in between: about 1 ms of work, the longest wait of a packet for the clock.
LEGS_AT_ONCE = 20
# The most of these legs that are also steered, which takes ten times as long; the others wait for the next tick.
# Each leg is steered at every tenth tick, so two are usual. Without this bound, legs that a pause has delayed
# together would stay together for ever: five times 4 ms in a row, four times a second.
STEERED_AT_ONCE = 3
# The interval at which unwatched lower copies are ended.
TIDY_MS = 250.0


class Rounds:
    """The clock over the legs in `controls`, which others fill and empty meanwhile."""

    def __init__(
        self,
        controls: Mapping[str, LegControl],
        tend: Callable[[LegControl, float, bool], bool],
        tidy: Callable[[float], None],
    ) -> None:
        """``tend``: runs a leg's turn, given the time (s) and whether it may be steered; returns whether it was.

        ``tidy``: does the work for all legs together, given the time (ms).
        """
        self._controls = controls
        self._tend = tend
        self._tidy = tidy

    async def run(self) -> None:
        """Run until cancelled."""
        next_tidy_ms = 0.0
        next_s = time.monotonic()
        while True:
            controls = list(self._controls.values())
            shifts = max(1, -(-len(controls) // LEGS_AT_ONCE))
            for shift in range(shifts):
                # A late shift is not caught up: two shifts in a row would delay packets twice as long.
                next_s = max(next_s + TICK_S / shifts, time.monotonic())
                await asyncio.sleep(next_s - time.monotonic())
                self._tend_some(controls[shift::shifts], time.monotonic())
            now_ms = time.monotonic() * 1000
            if now_ms >= next_tidy_ms:
                next_tidy_ms = now_ms + TIDY_MS
                self._tidy(now_ms)

    def _tend_some(self, controls: Sequence[LegControl], now_s: float) -> None:
        steered = 0
        for control in controls:
            leg = control.member.leg
            if self._controls.get(leg.leg_id) is not control:
                continue  # closed since the round began
            try:
                steered += self._tend(control, now_s, steered < STEERED_AT_ONCE)
            except Exception as error:
                # A fault in one leg must not end the feedback of all others: give up that leg, and its page
                # offers a new one.
                log.error("leg_given_up", leg_id=leg.leg_id, error=type(error).__name__, where=_place(error))
                leg.give_up()


def _place(error: BaseException) -> str:
    """File and line of the innermost frame, which show the fault without any person's data."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"
