"""Keeps a session alive after its socket: messages are numbered, and kept until the page acknowledges them.

Owns: the numbers of both directions, the messages kept for replay, and their bounds. Must never know a socket, a
token or a clock. The rules are in PROTOCOL.md, "The life of a session".

A message may have a *key*, its kind. Only the newest of a kind matters (a queue, a link quality), so an
unacknowledged older one is dropped: a page that was away for two minutes gets one queue, not 120.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from signaling.errors import UnexpectedMessage
from signaling.limits import UNACKED_MAX_BYTES, UNACKED_MAX_MESSAGES
from signaling.messages import ServerMessage, encode


@dataclass(frozen=True, slots=True)
class Kept:
    """One numbered message, as it is sent."""

    seq: int
    key: str | None
    text: str

    @property
    def size(self) -> int:
        """Approximate bytes, one for each character: only for the memory bound."""
        return len(self.text)


class SessionLog:
    """The numbered messages of one session. Bounds: ``max_messages`` and ``max_bytes`` unacknowledged."""

    def __init__(self, max_messages: int = UNACKED_MAX_MESSAGES, max_bytes: int = UNACKED_MAX_BYTES) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._kept: dict[int, Kept] = {}
        self._newest: dict[str, int] = {}
        self._bytes = 0
        self._sent = 0
        self._acked = 0
        self._overflowed = 0
        self._received = 0

    @property
    def received(self) -> int:
        """The number of the last message handled from the page: the server's ``ack``."""
        return self._received

    @property
    def sent(self) -> int:
        """The last number given to a message."""
        return self._sent

    def __len__(self) -> int:
        return len(self._kept)

    def number(self, message: ServerMessage, key: str | None = None) -> int:
        """Give ``message`` the next number and keep it; returns the number."""
        if key is not None and key in self._newest:
            self._forget(self._newest[key])
        self._sent += 1
        numbered = msgspec.structs.replace(message, seq=self._sent, ack=self._received)
        kept = Kept(self._sent, key, encode(numbered))
        self._kept[kept.seq] = kept
        self._bytes += kept.size
        if key is not None:
            self._newest[key] = kept.seq
        while len(self._kept) > self._max_messages or self._bytes > self._max_bytes:
            self._overflowed = next(iter(self._kept))
            self._forget(self._overflowed)
        return self._sent

    def acknowledge(self, seq: int) -> None:
        """Forget what the page has, up to ``seq``. Raises UnexpectedMessage for a number never given."""
        if seq > self._sent:
            raise UnexpectedMessage("ack of a message never sent")
        self._acked = max(self._acked, seq)
        for number in [n for n in self._kept if n <= seq]:
            self._forget(number)

    def take(self, seq: int) -> bool:
        """Count a message of the page; False if it was handled before. Raises UnexpectedMessage on a gap."""
        if seq == 0 or seq > self._received + 1:
            raise UnexpectedMessage("sequence number out of order")
        if seq <= self._received:
            return False
        self._received = seq
        return True

    def can_resume(self, seq: int) -> bool:
        """Whether everything after ``seq`` that still matters can be sent again."""
        return max(self._acked, self._overflowed) <= seq <= self._sent

    def can_continue(self, seq: int) -> bool:
        """Whether a socket that has sent up to ``seq`` misses nothing that was dropped for space."""
        return self._overflowed <= seq

    def next_after(self, seq: int) -> Kept | None:
        """The oldest kept message after number ``seq``."""
        return next((kept for kept in self._kept.values() if kept.seq > seq), None)

    def backlog(self, seq: int) -> tuple[int, int]:
        """How many messages, and how many bytes, are kept after number ``seq``."""
        sizes = [kept.size for kept in self._kept.values() if kept.seq > seq]
        return len(sizes), sum(sizes)

    def _forget(self, seq: int) -> None:
        kept = self._kept.pop(seq)
        self._bytes -= kept.size
        if kept.key is not None and self._newest.get(kept.key) == seq:
            del self._newest[kept.key]
