"""The engine's one clock: gives every leg its turn, forty times a second.

Owns: how turns are spread over a round, so that no packet waits long for them, and what happens when a turn fails.
Must never know what is done in a turn.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable, Mapping, Sequence

import structlog

from media.engine.relay.control import LegControl

log = structlog.get_logger(__name__)

# Feedback that cannot wait (NACK, PLI, transport-wide) is looked for this often: half the packet time of
# the thickest voice.
TICK_S = 0.025
# Legs that are tended without a pause: about 1 ms of work, which is as long as a packet may have to wait for it.
LEGS_AT_ONCE = 20
# At most so many of these are also steered, which takes ten times as long; the others wait for the next tick. Each
# leg is steered at every tenth tick, so two are usual. Without the bound, legs that a pause has held up together
# would come together ever after: five times 4 ms in a row, four times a second.
STEERED_AT_ONCE = 3
# How long a lower copy that nobody watches may go on.
TIDY_MS = 250.0


class Rounds:
    """The clock over the legs in `controls`, which others fill and empty meanwhile."""

    def __init__(
        self,
        controls: Mapping[str, LegControl],
        tend: Callable[[LegControl, float, bool], bool],
        tidy: Callable[[float], None],
    ) -> None:
        """``tend``: one leg's turn at a time in seconds, and whether it may be steered; whether it was.

        ``tidy``: what is done for all at once, at a time in ms.
        """
        self._controls = controls
        self._tend = tend
        self._tidy = tidy

    async def run(self) -> None:
        """Go on until cancelled."""
        next_tidy_ms = 0.0
        next_s = time.monotonic()
        while True:
            controls = list(self._controls.values())
            shifts = max(1, -(-len(controls) // LEGS_AT_ONCE))
            for shift in range(shifts):
                # A late shift is not made up for: two shifts in a row would hold packets up twice as long.
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
                # A fault of ours in one leg must not end the feedback of all others: give up that leg,
                # its page offers a new one.
                log.error("leg_given_up", leg_id=leg.leg_id, error=type(error).__name__, where=_place(error))
                leg.give_up()


def _place(error: BaseException) -> str:
    """File and line of the innermost frame: enough to find a fault, and nothing of anybody's data."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"
