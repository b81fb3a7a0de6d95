"""Sealing the secrets of second factors, so that a stolen database alone gives nobody's six digits.

Owns: one key file of the data folder (AES-256-GCM, made at first need, readable by the server's user only).
Must never let a sealed text be used for another account: the account's id is authenticated with it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.platform.files import write_once

KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D
FILE = "identity.key"


class VaultClosed(Exception):
    """The key file is not the one that sealed this, or is no key file."""


def keyed_hash(key: bytes, owner_id: str, code: str) -> str:
    """What is kept of somebody's code: HMAC-SHA-256, in hexadecimal digits. Equal codes of two owners differ."""
    return hmac.new(key, f"{owner_id}\n{code}".encode(), hashlib.sha256).hexdigest()


class Vault:
    """Seals and opens under the key of ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._cipher: AESGCM | None = None

    def seal(self, text: str, account_id: str) -> str:
        """The text as base64 that only `open` with the same account reads."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._key().encrypt(nonce, text.encode(), account_id.encode())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, account_id: str) -> str:
        """The text again. Raises VaultClosed."""
        raw = base64.b64decode(sealed)
        try:
            return self._key().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], account_id.encode()).decode()
        except InvalidTag:
            raise VaultClosed("identity.key is not the key that sealed this second factor") from None

    def key_for(self, purpose: str) -> bytes:
        """A secret of this server for something else, from which the key itself cannot be found."""
        return hmac.new(self._raw(), purpose.encode(), hashlib.sha256).digest()

    def _key(self) -> AESGCM:
        if self._cipher is None:
            self._cipher = AESGCM(self._raw())
        return self._cipher

    def _raw(self) -> bytes:
        return self._read() or self._make()

    def _read(self) -> bytes | None:
        try:
            key = self._file.read_bytes()
        except FileNotFoundError:
            return None
        if len(key) != KEY_BYTES:
            raise VaultClosed("identity.key is not a key of 32 bytes")
        return key

    def _make(self) -> bytes:
        write_once(self._file, os.urandom(KEY_BYTES))
        return self._file.read_bytes()
