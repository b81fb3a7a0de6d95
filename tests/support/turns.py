"""Decides which tests may run at the same time, when several processes share one run (`make test`).

Owns: the locks that all processes of a run share. An ordinary test runs at the same time as any other. A `Kind`,
such as calls between real browsers, has a limit of tests that run at once, next to ordinary tests. A test that runs
`ALONE` takes the whole machine: no other test runs at the same time. Must never count a test's wait for its turn as
time of the test.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

POLL_S = 0.1


@dataclass(frozen=True)
class Kind:
    """Tests that use the same part of the machine. ``at_once``: how many of them may run at the same time."""

    name: str
    at_once: int


ORDINARY = Kind("ordinary", 1_000)
ALONE = Kind("alone", 1)


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
        self._folder = folder
        # A test that waits to be alone holds this lock: no later test starts before it.
        self._door = (folder / "door.lock").open("w")
        self._room = (folder / "room.lock").open("w")

    @contextmanager
    def turn(self, kind: Kind) -> Iterator[None]:
        """Wait for a turn; it lasts as long as the block."""
        with ExitStack() as held:
            # Taken before the lock above: a test that waits for its kind does not block other tests.
            if kind not in (ORDINARY, ALONE):
                held.enter_context(self._place(kind))
            with _held(self._door, fcntl.LOCK_EX):
                held.enter_context(_held(self._room, fcntl.LOCK_EX if kind is ALONE else fcntl.LOCK_SH))
            yield

    @contextmanager
    def _place(self, kind: Kind) -> Iterator[None]:
        """Hold one of the places of a kind."""
        with ExitStack() as files:
            places = [
                files.enter_context((self._folder / f"{kind.name}.{number}.lock").open("w"))
                for number in range(kind.at_once)
            ]
            # Closing the files frees the place.
            while not any(_is_taken(place) for place in places):
                time.sleep(POLL_S)
            yield


def _is_taken(place: TextIO) -> bool:
    """Take a place if it is free."""
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
