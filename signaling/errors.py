"""The errors of signaling, the whole tree first.

SignalingError
├── ProtocolError          the peer broke the protocol: counted, reported to it, and the socket closed
│   ├── MalformedMessage   not a message of the messages package
│   ├── UnexpectedMessage  a message that this role or moment does not allow
│   └── LimitExceeded      more messages than limits.py allows
└── Refused                a person asked for what is not possible now: explained kindly, nothing is closed

Owns: error types and their codes (keys of the pages' catalogs). Texts never carry what was sent.
"""

from __future__ import annotations


class SignalingError(Exception):
    """The base of all; ``code`` is a stable key of the pages' catalogs."""

    code = "error"

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.code}: {detail}" if detail else self.code)


class ProtocolError(SignalingError):
    """The peer broke the protocol."""

    code = "protocol_error"


class MalformedMessage(ProtocolError):
    """The text is not a message of the messages package."""

    code = "malformed_message"


class UnexpectedMessage(ProtocolError):
    """The message is well formed, but not for this role or moment."""

    code = "unexpected_message"


class LimitExceeded(ProtocolError):
    """More, larger or faster than limits.py allows."""

    code = "limit_exceeded"


class Refused(SignalingError):
    """A person asked for what is not possible now; ``code`` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__()
