"""The one use of AES-256-GCM for sealed data (NIST SP 800-38D), with keys derived by HKDF (RFC 5869).

Owns: the form of a sealed value: nonce, then ciphertext with its tag. What a value belongs to is authenticated with
it (`bound`), so that a value which was moved elsewhere does not open. Pure: nonces are arguments. Must never seal
twice with one key and nonce: callers draw 96 random bits, which one data key of some thousand values never repeats.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.platform.sealing.errors import SealBroken

KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D, 8.2
TAG_BYTES = 16
# A stolen disk tells how long a text is up to this many bytes: "412" and "Hirondelle" look alike.
PAD_BYTES = 32

Name = str | float | None


def bound_to(*names: Name) -> bytes:
    """What a value belongs to, as the associated data of its seal. Equal numbers give equal bytes."""
    return json.dumps(
        [float(name) if isinstance(name, int | float) else name for name in names], ensure_ascii=True
    ).encode()


def seal(key: bytes, content: bytes, bound: bytes, nonce: bytes) -> bytes:
    """Nonce, ciphertext and tag."""
    return nonce + AESGCM(key).encrypt(nonce, content, bound)


def unseal(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """The content again. Raises SealBroken."""
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise SealBroken("a sealed value is too short")
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
    except InvalidTag:
        raise SealBroken("a sealed value was changed or moved, or another key sealed it") from None


def padded(text: str) -> bytes:
    """The text, filled up to a multiple of PAD_BYTES (ISO/IEC 7816-4)."""
    content = text.encode() + b"\x80"
    return content + bytes(-len(content) % PAD_BYTES)


def unpadded(content: bytes) -> str:
    """The text that `padded` filled up. Raises SealBroken."""
    text, mark, _ = content.rpartition(b"\x80")
    if not mark:
        raise SealBroken("a sealed value has no end")
    return text.decode()


def derived(key: bytes, purpose: bytes, salt: bytes | None = None) -> bytes:
    """Another key for one purpose, which tells nothing about ``key``."""
    return HKDF(SHA256(), KEY_BYTES, salt, purpose).derive(key)


def keyed_hash(key: bytes, text: str) -> str:
    """HMAC-SHA-256 of a text (RFC 2104), in hexadecimal digits."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
