"""An event loop that never waits: when nothing is ready, its clock jumps to the next timer.

For tests of parts in one process that talk over loopback: a minute of a call takes only the processor time of its
packets, and the result does not depend on the machine's load. Must never be used if a test waits for another
process or thread: the virtual clock does not wait for their work.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from unittest.mock import patch

# The assumed duration of a turn of the loop: a packet on loopback takes one or two turns.
TURN_S = 20e-6
# A datagram on loopback has nearly always arrived when `sendto` returns; the kernel gets this long otherwise.
GRACE_S = 50e-6


class VirtualClock:
    """Seconds on a clock that only its loop moves."""

    def __init__(self) -> None:
        self.now_s = time.monotonic()

    def read(self) -> float:
        """As `time.monotonic`."""
        return self.now_s


class _Selector(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._clock.now_s += TURN_S
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            return super().select(None)
        time.sleep(GRACE_S)
        ready = super().select(0)
        if not ready:
            self._clock.now_s += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on a virtual clock."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        super().__init__(_Selector(self.clock))

    def time(self) -> float:
        """Seconds, as `time.monotonic` gives them to code that runs on this loop."""
        return self.clock.now_s

    def run_forever(self) -> None:
        """Run; `time.monotonic` reads this clock meanwhile."""
        with patch("time.monotonic", self.clock.read):
            super().run_forever()
