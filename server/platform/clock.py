"""The time of this server: that of its machine, without the machine's jumps.

Owns: `SteadyClock`. Clocks of machines without a battery, or with a wrong time server, leap by hours or years, and
back. Whoever waits must not wait shorter or longer for that, and nobody's sign-in may end. So time goes on at the
pace of the monotonic clock, and follows the machine's own by leaning towards it, as adjtime(3) does. Only a machine
that has just booted is followed forward at once: the first answer of a time server may take a minute, and nobody
has waited for long. Must never go backwards.

Where another's clock decides (the telephone's six digits, a provider's token, a TURN server), the machine's time
counts as it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

# How fast it leans: an hour of difference is gone after a day, and a wait is never wrong by more than that share.
LEAN = 0.05
# Time servers correct by seconds; from here on an operator must look.
JUMP_S = 60.0
LOOK_EVERY_S = 10.0
# A machine that has been up for so long has heard from its time server, if it has one.
SETTLED_S = 900.0

Seconds = Callable[[], float]


def since_boot() -> float:
    """Seconds that no setting of the clock changes; sleep of the machine included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class SteadyClock:
    """Gives UTC seconds as `time.time` does. ``wall``: the machine's time; ``monotonic``: seconds since boot."""

    def __init__(self, wall: Seconds | None = None, monotonic: Seconds = since_boot) -> None:
        wall = wall or time.time
        self._wall = wall
        self._monotonic = monotonic
        self._now = wall()
        self._at = monotonic()

    def __call__(self) -> float:
        """The time."""
        at = self._monotonic()
        elapsed = max(0.0, at - self._at)
        ahead = self._wall() - (self._now + elapsed)
        lean = ahead if at < SETTLED_S and ahead > JUMP_S else elapsed * LEAN
        self._now += elapsed + max(-elapsed * LEAN, min(lean, ahead))
        self._at = at
        return self._now

    @property
    def behind_s(self) -> float:
        """By how much the machine's time is ahead of this one; negative: it is behind."""
        return self._wall() - self()

    async def keep_looking(self) -> None:
        """Tell the operator of every jump of the machine's time, until cancelled."""
        known = 0.0
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            known = self.look(known)

    def look(self, known: float) -> float:
        """Report a difference that has changed by a jump since it was ``known``; gives what is known now."""
        found = self.behind_s
        if abs(found - known) > JUMP_S:
            log.error("clock_jumped", seconds=round(found - known), now_off_by_s=round(found))
            return found
        # Leaning changes it slowly, which is no jump.
        return found if abs(found) < abs(known) else known
