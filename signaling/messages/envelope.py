"""The two base messages, with the sequence numbers of PROTOCOL.md ("The life of a session").

Owns: ``seq`` and ``ack``, and a `repr` that hides the content. Must never know a particular message.
"""

from __future__ import annotations

import msgspec

from signaling.messages.values import Sequence


class ClientMessage(msgspec.Struct, tag_field="type", forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Base of everything a page sends. ``seq`` counts from 1 in a session; ``ack``: last server seq."""

    seq: Sequence = 0
    ack: Sequence = 0

    def __repr__(self) -> str:
        """Name and number only: a message holds patients' words, tickets and addresses."""
        return f"<{type(self).__name__} seq={self.seq}>"


class ServerMessage(msgspec.Struct, tag_field="type", frozen=True, kw_only=True, omit_defaults=True):
    """Base of everything the server sends. ``seq`` counts from 1 in a session; 0: unnumbered."""

    seq: Sequence = 0
    ack: Sequence = 0

    def __repr__(self) -> str:
        """Name and number only: a message holds patients' words, tickets and addresses."""
        return f"<{type(self).__name__} seq={self.seq}>"
