"""Verifies the trail in one pass over its entries in order, in constant memory.

Owns: the rules of tampering. Pure: entries, head row and checkpoints are arguments, findings are the result. The
rules:

- An entry whose hash does not match its content was edited.
- An entry whose hash matches its content at another sequence number was moved.
- An entry whose sequence number is missing was deleted.
- If the link of a sound entry does not match the hash of the entry before it, that entry was edited together with
its
  own hash.

The chain alone does not reveal a rewritten history or a truncated end; the head row and the checkpoints do.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from server.audit.checkpoint import Checkpoint
from server.audit.findings import Finding, Kind
from server.trail.chain import GENESIS, hash_of
from server.trail.entry import Written

# The distance from its place within which an entry is searched before it counts as edited; a hash costs 2 µs.
MOVED_AT_MOST = 2000
# The first hundred findings are enough to see that a trail was tampered with.
FINDINGS_MAX = 100


class Verification:
    """One verification. Feed it every entry in the order of ``sequence``, then `finish`."""

    def __init__(self, head: tuple[int, str] | None, checkpoints: Iterable[Checkpoint] = ()) -> None:
        """``head``: sequence and hash of the head row, read before the first entry; None if it is missing.

        The caller checks the signatures of ``checkpoints``.
        """
        self._head = head
        self._checkpoints = sorted(checkpoints, key=lambda one: one.sequence)
        self._next_checkpoint = 0
        self._sequence = 0
        self._hash = GENESIS
        self._head_agrees = head is not None and head == (0, GENESIS)
        # The previous entry is already a finding: a wrong link to it is no other finding.
        self._previous_unsound = False
        # The number of places that a run of entries has moved by, and the length of that run.
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
        if sound and not missing and not self._previous_unsound and written.previous_hash != self._hash:
            # The previous entry was edited together with its hash; the first entry has no previous one.
            self._find(Kind.EDITED, max(self._sequence, 1))
        self._previous_unsound = not sound
        self._sequence, self._hash = written.sequence, written.hash
        if self._head is not None and self._head[0] == self._sequence:
            self._head_agrees = self._head[1] == self._hash
        self._compare_checkpoints()

    def finish(self, head: tuple[int, str] | None) -> list[Finding]:
        """All findings. ``head``: the head row read after the last entry, which may have moved on since."""
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
        """Whether the entry matches its hash at its own place; if not, note the finding."""
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
        """Add the finding for a run of moved entries.

        One entry alone was reordered. A run moved down after a deletion, or moved up after an insertion.
        """
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
            # A missing sequence number is already a finding (deleted).
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
        # A value of a type that no entry has: another program wrote it.
        return False
