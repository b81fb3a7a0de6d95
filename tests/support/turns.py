"""Which test may run beside which, when several processes share one run (`make test`).

Owns: the locks that all processes of a run share. An ordinary test runs beside any other. Tests of one kind, such
as those that emulate links, run one after another, beside ordinary tests. A test that runs `ALONE` takes the whole
machine: no other test runs beside it. Must never count a test's wait for its turn as time of the test.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum, auto
from pathlib import Path
from typing import TextIO


class Company(StrEnum):
    """Whom a test stands beside it."""

    ANY = auto()
    NOT_ITS_KIND = auto()
    ALONE = auto()


@contextmanager
def _held(file: TextIO, how: int) -> Iterator[None]:
    fcntl.flock(file, how)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


class Turns:
    """The locks of a run, seen from one of its processes. ``folder`` is the same for all of them."""

    def __init__(self, folder: Path) -> None:
        # A test that waits to be alone holds the door: no later test begins, so that its turn comes.
        self._door = (folder / "door.lock").open("w")
        self._room = (folder / "room.lock").open("w")
        self._kind = (folder / "kind.lock").open("w")

    @contextmanager
    def turn(self, company: Company) -> Iterator[None]:
        """Wait for a turn; it lasts as long as the block."""
        with ExitStack() as held:
            # Before the door: a test that waits for its kind keeps nobody else from beginning.
            if company is Company.NOT_ITS_KIND:
                held.enter_context(_held(self._kind, fcntl.LOCK_EX))
            with _held(self._door, fcntl.LOCK_EX):
                alone = company is Company.ALONE
                held.enter_context(_held(self._room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH))
            yield
