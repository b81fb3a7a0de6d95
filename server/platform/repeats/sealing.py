"""What is kept of a request and of its answer, and what only the holder of the key can read.

Owns: the key as the page made it, and the three things made of it. Pure but for the nonce. Must never show the key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.platform.errors import Malformed

# At least 64 bits of chance however it is written; a UUID has 36 characters.
KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
NONCE_BYTES = 12  # NIST SP 800-38D
# An id begins with those of its sender, so that the rows of one can be counted; 192 bits of chance are left.
SENDER_CHARS = 16


class RequestKey:
    """The key of one request of one participant. Raises Malformed for what is none."""

    def __init__(self, participant_id: str, key: str) -> None:
        if not KEY.fullmatch(key):
            raise Malformed
        self._key = key.encode()
        self.sender = hashlib.sha256(participant_id.encode()).hexdigest()[:SENDER_CHARS]
        own = hashlib.sha256(f"{participant_id}\0{key}".encode()).hexdigest()
        self.id = self.sender + own[SENDER_CHARS:]

    def __repr__(self) -> str:
        return f"<RequestKey {self.id[-8:]}>"

    def fingerprint(self, method: str, path: str, body: bytes) -> str:
        """Tells whether two requests are the same; without the key it tells nothing of the body."""
        asked = b"\0".join((method.encode(), path.encode(), body))
        return hmac.new(self._key, asked, hashlib.sha256).hexdigest()

    def seal(self, answer: bytes) -> bytes:
        """The answer, readable with the key alone."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._sealing_key()).encrypt(nonce, answer, self.id.encode())

    def unseal(self, sealed: bytes) -> bytes:
        """The answer again."""
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return AESGCM(self._sealing_key()).decrypt(nonce, rest, self.id.encode())

    def _sealing_key(self) -> bytes:
        return hmac.new(self._key, b"keneya answer", hashlib.sha256).digest()
