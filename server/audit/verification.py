"""Whether the trail is whole: one pass over its entries in order, in constant memory.

Owns: the judgement. Pure: entries, head row and checkpoints come in, findings go out. Reads as follows: an entry
whose hash is not that of its words was edited; one whose words fit another place was moved; a number that is
missing was deleted; a link that does not fit the entry before means that one was changed together with its own
hash. What only the future can tell (a rewritten history, a cut tail) is told by head row and checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from server.audit.checkpoint import Checkpoint
from server.audit.findings import Finding, Kind
from server.trail.chain import GENESIS, hash_of
from server.trail.entry import Written

# How far from its place an entry is looked for before it counts as edited; a hash costs two microseconds.
MOVED_AT_MOST = 2000
# Whoever tampered a million times is found out by the first hundred.
FINDINGS_MAX = 100


class Verification:
    """One verification. Feed it every entry in the order of ``sequence``, then `finish`."""

    def __init__(self, head: tuple[int, str] | None, checkpoints: Iterable[Checkpoint] = ()) -> None:
        """``head``: sequence and hash of the head row, read before the first entry; None when it is gone.

        The signatures of ``checkpoints`` are checked by the caller.
        """
        self._head = head
        self._checkpoints = sorted(checkpoints, key=lambda one: one.sequence)
        self._next_checkpoint = 0
        self._sequence = 0
        self._hash = GENESIS
        self._head_agrees = head is not None and head == (0, GENESIS)
        # The entry before was found wrong: what its successor says of it is no news.
        self._doubted = False
        # Places that following entries have moved by, and how many did so together.
        self._shift = 0
        self._shifted = 0
        self._shift_began = 0
        self._found: list[Finding] = []
        self.entries = 0
        self._compare_checkpoints()

    def feed(self, written: Written) -> None:
        """Judge the next entry."""
        self.entries += 1
        expected = self._sequence + 1
        if not isinstance(written.sequence, int) or written.sequence < expected:
            self._find(Kind.EDITED, expected)
            return
        missing = written.sequence > expected
        if missing:
            self._find(Kind.DELETED, expected, written.sequence - 1)
        sound = self._judge(written)
        if sound and not missing and not self._doubted and written.previous_hash != self._hash:
            # The one before was given a new hash for its new words; the very first has nobody before it.
            self._find(Kind.EDITED, max(self._sequence, 1))
        self._doubted = not sound
        self._sequence, self._hash = written.sequence, written.hash
        if self._head is not None and self._head[0] == self._sequence:
            self._head_agrees = self._head[1] == self._hash
        self._compare_checkpoints()

    def finish(self, head: tuple[int, str] | None) -> list[Finding]:
        """All that was found. ``head``: the head row read after the last entry; writers may have gone on."""
        self._settle_shift()
        if self._head is None or head is None:
            self._find(Kind.HEAD_CHANGED, max(self._sequence, 1))
        elif self._head[0] > self._sequence:
            self._find(Kind.TRUNCATED, self._sequence + 1, self._head[0])
        elif not self._head_agrees or head[0] < self._sequence:
            self._find(Kind.HEAD_CHANGED, max(self._sequence, 1))
        beyond = [one for one in self._checkpoints if one.sequence > self._sequence]
        if beyond and not (self._head is not None and self._head[0] >= beyond[-1].sequence):
            self._find(Kind.ROLLED_BACK, self._sequence + 1, beyond[-1].sequence)
        return self._found

    def _judge(self, written: Written) -> bool:
        """Whether the entry is what was written in this place; notes what it is otherwise."""
        if _fits(written, written.sequence + self._shift):
            if self._shift:
                self._shifted += 1
                return False
            return True
        self._settle_shift()
        if _fits(written, written.sequence):
            return True
        for distance in range(1, MOVED_AT_MOST + 1) if len(self._found) < FINDINGS_MAX else ():
            for shift in (distance, -distance):
                if _fits(written, written.sequence + shift):
                    self._shift, self._shifted = shift, 1
                    self._shift_began = written.sequence
                    return False
        self._find(Kind.EDITED, written.sequence)
        return False

    def _settle_shift(self) -> None:
        """Say what moved the entries: one alone was reordered, a row of them closed or made a gap."""
        if self._shifted == 1:
            self._find(Kind.REORDERED, self._shift_began)
        elif self._shifted and self._shift > 0:
            self._find(Kind.DELETED, self._shift_began, self._shift_began + self._shift - 1)
        elif self._shifted:
            self._find(Kind.INSERTED, self._shift_began + self._shift, self._shift_began - 1)
        self._shift = self._shifted = 0

    def _compare_checkpoints(self) -> None:
        while self._next_checkpoint < len(self._checkpoints):
            one = self._checkpoints[self._next_checkpoint]
            if one.sequence > self._sequence:
                return
            self._next_checkpoint += 1
            # A place that was jumped over is among the deleted already.
            if one.sequence == self._sequence and one.hash != self._hash:
                self._find(Kind.REWRITTEN, max(one.sequence, 1))

    def _find(self, kind: Kind, first: int, last: int | None = None) -> None:
        finding = Finding(kind, first, last or first)
        if len(self._found) < FINDINGS_MAX and finding not in self._found:
            self._found.append(finding)


def _fits(written: Written, sequence: int) -> bool:
    moved = written if sequence == written.sequence else replace(written, sequence=sequence)
    try:
        return hash_of(moved) == written.hash
    except (TypeError, ValueError):
        # A value of a kind that no entry has: somebody wrote past the server.
        return False
