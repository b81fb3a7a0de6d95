"""The ICE of a synthetic leg: a controlling agent that knows one address of the server.

Owns: our checks (with USE-CANDIDATE from the first), the answers to the server's checks, and keep-alives. Must
never touch a socket: datagrams are arguments and results. Standards: ICE (RFC 8445), STUN (RFC 8489).
"""

from __future__ import annotations

import secrets

from aioice import stun

# RFC 8445 section 5.1.2.1: type preference 126 (host), one local address, component 1.
HOST_PRIORITY = (126 << 24) | (65_535 << 8) | 255
# The most checks without an answer; older ones are forgotten.
PENDING_MAX = 32


class IceClient:
    """One agent. ``validated``: the server answered our check; ``checked``: we answered the server's check."""

    def __init__(self) -> None:
        self.username = secrets.token_hex(4)
        self.password = secrets.token_hex(12)
        self.validated = False
        self.checked = False
        self.errors: list[int] = []
        self._remote_username = ""
        self._remote_password = ""
        self._tie_breaker = secrets.randbits(63)
        self._pending: list[bytes] = []

    def set_remote(self, username: str, password: str) -> None:
        """Set the server's credentials, from its answer."""
        self._remote_username = username
        self._remote_password = password

    def check(self, *, nominate: bool = True, password: str | None = None) -> bytes:
        """A binding request; `password` replaces the right one (for attacks)."""
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self._remote_username}:{self.username}"
        request.attributes["PRIORITY"] = HOST_PRIORITY
        request.attributes["ICE-CONTROLLING"] = self._tie_breaker
        if nominate:
            request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity((password or self._remote_password).encode())
        self._pending = [*self._pending[1 - PENDING_MAX :], request.transaction_id]
        return bytes(request)

    def datagram(self, data: bytes, source: tuple[str, int]) -> bytes | None:
        """Process a STUN datagram; returns the answer, or None."""
        try:
            message = stun.parse_message(data)
        except ValueError:
            return None
        if message.message_class == stun.Class.REQUEST:
            return self._answer(message, source)
        if message.transaction_id in self._pending:
            if message.message_class == stun.Class.ERROR:
                self.errors.append(message.error_code or 0)
            elif message.check_message_integrity(self._remote_password.encode()):
                self.validated = True
        return None

    def _answer(self, message: stun.Message, source: tuple[str, int]) -> bytes | None:
        if message.attributes.get("USERNAME") != f"{self.username}:{self._remote_username}":
            return None
        if not message.check_message_integrity(self.password.encode()):
            return None
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = source
        response.add_message_integrity(self.password.encode())
        self.checked = True
        return bytes(response)
