"""Which test may run beside which, when several processes share one run (`make test`).

Owns: one lock for all processes of a run. A test marked `alone` measures the machine, or loads it so much that
other tests would fail: no other test runs beside it. All other tests run beside one another. Must never count a
test's wait for its turn as time of the test.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turns:
    """The lock of a run, seen from one of its processes. ``folder`` is the same for all of them."""

    def __init__(self, folder: Path) -> None:
        # A test that waits to be alone holds the door: no later test begins, so that its turn comes.
        self._door = (folder / "door.lock").open("w")
        self._room = (folder / "room.lock").open("w")

    @contextmanager
    def turn(self, *, alone: bool) -> Iterator[None]:
        """Wait for a turn; it lasts as long as the block."""
        fcntl.flock(self._door, fcntl.LOCK_EX)
        fcntl.flock(self._room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(self._door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._room, fcntl.LOCK_UN)
